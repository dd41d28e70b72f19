import type { PhaseSource, UncertainSource } from '../phase-source.ts';

/** A source whose draws are kept, for searches that differ in prices or limits alone. */
export function cachedSource(source: UncertainSource): UncertainSource {
  const draws = new Map<number, PhaseSource>();
  return {
    ...source,
    draw: (index) => {
      const drawn = draws.get(index) ?? source.draw(index);
      draws.set(index, drawn);
      return drawn;
    },
  };
}
