import type { PhaseSource, UncertainSource } from '../phase-source.ts';

/** A source whose draws are kept, for searches that differ in prices or limits alone. */
export function cachedSource(source: UncertainSource): UncertainSource {
  const { percentiles } = source;
  return {
    ...source,
    percentiles: percentiles && { ...percentiles, draw: kept(percentiles.draw) },
    draw: kept(source.draw),
  };
}

function kept(draw: UncertainSource['draw']): UncertainSource['draw'] {
  const draws = new Map<number, PhaseSource>();
  return (index) => {
    const drawn = draws.get(index) ?? draw(index);
    draws.set(index, drawn);
    return drawn;
  };
}
