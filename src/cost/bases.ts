import { ASGAR2025_TABLE5, asgar2025Stated } from './bases/asgar2025.ts';
import { INFERENCEX_BASES } from './bases/inferencex.ts';
import type { CostBasis } from './basis.ts';

/** Bases by name. `asgar2025-*` reproduce the reference study; the others are published terms. */
export const COST_BASES: readonly CostBasis[] = [asgar2025Stated(), ASGAR2025_TABLE5, ...INFERENCEX_BASES];

export const basisNames = (): string[] => COST_BASES.map(({ name }) => name);

export const findBasis = (name: string): CostBasis | undefined =>
  COST_BASES.find((basis) => basis.name === name);
