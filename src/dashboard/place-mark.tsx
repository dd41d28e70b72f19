import { Text } from 'ink';
import { type CellKind, TONES } from './glyphs.ts';
import { DRAWN_REPEATS, type Place } from './grid.ts';
import { Tint, useLook } from './look.tsx';

/** The cells of one place: a sign each, or the worst sign with a count where there are many. */
export function PlaceMark({ kinds, width }: { readonly kinds: Place; readonly width: number }) {
  const { glyphs } = useLook();
  if (kinds.length > DRAWN_REPEATS) {
    const worst = worstOf(kinds);
    const done = kinds.filter((kind) => kind !== 'pending' && kind !== 'running').length;
    return <Tint tone={TONES[worst]}>{`${glyphs[worst]}${done}/${kinds.length}`.padStart(width)}</Tint>;
  }
  return (
    <Text>
      {' '.repeat(width - kinds.length)}
      {kinds.map((kind, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a repeat is known by its place
        <Tint key={index} tone={TONES[kind]}>
          {glyphs[kind]}
        </Tint>
      ))}
    </Text>
  );
}

const WORST_FIRST: readonly CellKind[] = [
  'failed',
  'invalid',
  'running',
  'flagged',
  'pending',
  'valid',
  'reused',
];
const worstOf = (kinds: Place): CellKind => WORST_FIRST.find((kind) => kinds.includes(kind))!;
