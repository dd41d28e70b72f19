import type { Observation } from './observations.ts';

/** Fewer cells are few: no fit of so few is published. */
const FEW_CELLS = 8;

/** Few cells, and no engine steps to make up for them: what others' fits say of the server counts beside them. */
export const areFew = (observations: readonly Observation[]): boolean =>
  observations.length < FEW_CELLS && observations.every(({ steps }) => steps === undefined);
