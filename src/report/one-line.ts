import { stripVTControlCharacters } from 'node:util';

/** Text from servers and tools on one line, without codes that would move the cursor or colour what follows. */
export const oneLine = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
