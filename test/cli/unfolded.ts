/** Text for people whose lines were folded at words, on one line. */
export const unfolded = (text: string): string => text.replaceAll(/\s+/g, ' ');
