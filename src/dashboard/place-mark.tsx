import { Text } from 'ink';
import { type CellKind, TONES } from './glyphs.ts';
import { DRAWN_REPEATS, type Place } from './grid.ts';
import { Tint, useLook } from './look.tsx';

/** The cells of one place: a sign each, or the worst sign with a count where there are many. */
export function PlaceMark({ marks, width }: { readonly marks: Place; readonly width: number }) {
  const { glyphs } = useLook();
  if (marks.length > DRAWN_REPEATS) {
    const worst = worstOf(marks);
    const done = marks.filter(({ kind }) => kind !== 'pending' && kind !== 'running').length;
    return <Tint tone={TONES[worst]}>{`${glyphs[worst]}${done}/${marks.length}`.padStart(width)}</Tint>;
  }
  return (
    <Text>
      {' '.repeat(width - marks.length)}
      {marks.map(({ kind, kept }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a repeat is known by its place
        <Tint key={index} tone={TONES[kind]} dim={kept}>
          {glyphs[kind]}
        </Tint>
      ))}
    </Text>
  );
}

const WORST_FIRST: readonly CellKind[] = ['failed', 'invalid', 'running', 'flagged', 'pending', 'valid'];
const worstOf = (marks: Place): CellKind =>
  WORST_FIRST.find((kind) => marks.some((mark) => mark.kind === kind))!;
