/** `1 cell`, `2 cells`, `0 points`: a count with its noun; the plural is the noun with an s. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
