import { textAt, textWidth } from './svg.ts';

interface Label {
  readonly text: string;
  /** Of its point. */
  readonly x: number;
  readonly y: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const SIZE = 10;
const HEIGHT = 12;
/** Places of a label about its point, the first that is free is taken: beside it, above, below. */
const PLACES = [
  ['start', 7, 4],
  ['end', -7, 4],
  ['start', 5, -7],
  ['end', -5, -7],
  ['start', 5, 15],
  ['end', -5, 15],
  ['start', 7, 27],
  ['start', 7, -19],
] as const;

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
const inside = (one: Box, frame: Box): boolean =>
  one.left >= frame.left && one.right <= frame.right && one.top >= frame.top && one.bottom <= frame.bottom;

/** Texts beside their points, each where it covers neither a point nor another text, as far as there is such a place. */
export function placeLabels(labels: readonly Label[], frame: Box): string[] {
  const taken: Box[] = labels.map(({ x, y }) => ({ left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 }));
  return labels.flatMap(({ text, x, y }, index) => {
    if (text === '') return [];
    const width = textWidth(text, SIZE);
    const boxes = PLACES.map(([anchor, dx, dy]) => {
      const left = anchor === 'start' ? x + dx : x + dx - width;
      const bottom = y + dy + 2;
      return { anchor, dx, dy, box: { left, right: left + width, top: bottom - HEIGHT, bottom } };
    });
    const free = boxes.find(
      ({ box }) => inside(box, frame) && taken.every((other, at) => at === index || !overlap(box, other)),
    );
    const { anchor, dx, dy, box } = free ?? boxes[0]!;
    taken.push(box);
    return [textAt(x + dx, y + dy, text, { size: SIZE, anchor })];
  });
}
