import type { BaselineForm } from './form.ts';
import { PHASE_POLYNOMIALS } from './phase-polynomials.ts';
import { GENERIC_EFFICIENCIES, SPEED_OF_LIGHT } from './spec-sheet.ts';
import { STRAIGHT_LINES } from './straight-line.ts';
import { TOKEN_RATES } from './token-rates.ts';

/** Every baseline that a fit is printed beside, the ones that fit numbers first. */
export const BASELINE_FORMS: readonly BaselineForm[] = [
  ...STRAIGHT_LINES,
  ...TOKEN_RATES,
  ...PHASE_POLYNOMIALS,
  ...GENERIC_EFFICIENCIES,
  ...SPEED_OF_LIGHT,
];
