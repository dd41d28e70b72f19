import { PRIDE_AND_PREJUDICE } from './austen.ts';
import { ALICE } from './carroll.ts';
import { DECLARATION } from './declaration.ts';
import { TWO_CITIES } from './dickens.ts';
import { GENESIS } from './genesis.ts';
import { GETTYSBURG, SECOND_INAUGURAL } from './lincoln.ts';
import type { Work } from './work.ts';

/** What text prompts are made of. Whoever changes it gives it another `TEXT_EDITION`: cells of two texts are not alike. */
export const WORKS: readonly Work[] = [
  PRIDE_AND_PREJUDICE,
  TWO_CITIES,
  ALICE,
  DECLARATION,
  GETTYSBURG,
  SECOND_INAUGURAL,
  GENESIS,
];

/** All works, one after another. */
export const LIBRARY_TEXT = WORKS.map(({ text }) => text.trim()).join('\n\n');

/** Each as a line for a record: `Pride and Prejudice, chapter 1 (Jane Austen, 1813)`. */
export const workTitles = (): string[] =>
  WORKS.map(({ title, author, year }) => `${title} (${author}, ${year})`);
