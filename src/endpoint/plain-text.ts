import { createRandom, type Random } from '../stats/random.ts';

const PEOPLE = [
  'the engineer',
  'a careful driver',
  'her neighbour',
  'the old gardener',
  'a young teacher',
  'the captain',
  'one of the nurses',
  'the baker',
  'my cousin',
  'a retired judge',
  'the night guard',
  'their guide',
];
const THINGS = [
  'the copper kettle',
  'a stack of letters',
  'the broken clock',
  'two wooden chairs',
  'a map of the valley',
  'the spare key',
  'an empty notebook',
  'the last apples',
  'a heavy parcel',
  'the radio',
  'a jar of nails',
  'the blue coat',
];
const PLACES = [
  'behind the station',
  'near the harbour',
  'in the upper room',
  'at the edge of the field',
  'under the bridge',
  'across the square',
  'beside the mill',
  'on the third floor',
  'along the river',
  'next to the school',
];
const DEEDS = [
  'carried',
  'repaired',
  'forgot',
  'sold',
  'measured',
  'described',
  'borrowed',
  'painted',
  'found',
  'wrapped',
];
const TIMES = [
  'before breakfast',
  'on a rainy Thursday',
  'in late October',
  'after the meeting',
  'around noon',
  'while the others slept',
  'for the second time',
  'as soon as the train had left',
  'without a word',
  'years ago',
];
const REASONS = [
  'because the lift was out of order',
  'although nobody had asked for it',
  'so that the children could see it',
  'since the shops were closed',
  'which surprised everyone',
  'and then went home',
  'but kept the receipt',
  'because {n} people were waiting',
  'for {n} coins',
  'and wrote down the number {n}',
];

type Template = (pick: (list: readonly string[]) => string) => string;
const TEMPLATES: readonly Template[] = [
  (p) => `${p(PEOPLE)} ${p(DEEDS)} ${p(THINGS)} ${p(PLACES)} ${p(TIMES)}, ${p(REASONS)}`,
  (p) => `${p(TIMES)}, ${p(PEOPLE)} ${p(DEEDS)} ${p(THINGS)}, ${p(REASONS)}`,
  (p) => `it was ${p(PLACES)} that ${p(PEOPLE)} ${p(DEEDS)} ${p(THINGS)} and ${p(THINGS)}`,
  (p) => `${p(PEOPLE)} told ${p(PEOPLE)} that ${p(THINGS)} had been left ${p(PLACES)} ${p(TIMES)}`,
  (p) => `nobody ${p(PLACES)} knew why ${p(PEOPLE)} ${p(DEEDS)} ${p(THINGS)} ${p(TIMES)}`,
];

/** Plain English sentences from a small grammar: words in their usual company, and no text of anybody's. */
export function plainText(sentences: number, seed: number): string {
  const random = createRandom(seed);
  return Array.from({ length: sentences }, () => sentence(random)).join(' ');
}

function sentence(random: Random): string {
  const pick = <T>(list: readonly T[]): T => list[random.int(0, list.length - 1)]!;
  const text = pick(TEMPLATES)(pick).replaceAll('{n}', () => String(random.int(2, 9999)));
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}
