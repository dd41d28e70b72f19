/** `1 cell`, `2 cells`. @param word singular; its plural takes an `s` */
export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
