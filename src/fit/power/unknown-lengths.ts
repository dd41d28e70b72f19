import { fitPower, type PowerFit, type PowerProblem } from './fit-power.ts';

/** Prompt lengths that are tried where none was recorded, tokens. */
const TRIED = [16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048];
const ROUNDS = 3;

export interface FitWithLengths {
  readonly fit: PowerFit;
  /** By task. The energy per FLOP is confounded with them: prompts twice as long at half the energy look alike. */
  readonly lengths: Readonly<Record<string, number>>;
}

/**
 * Fits power to rows that lack their prompt lengths: one length for each task, a nuisance parameter, searched one task after
 * another for the smallest robust cost.
 * @param problemOf the problem at some lengths
 */
export function fitWithLengths(
  tasks: readonly string[],
  problemOf: (lengths: Readonly<Record<string, number>>) => PowerProblem,
): FitWithLengths {
  let lengths: Record<string, number> = Object.fromEntries(tasks.map((task) => [task, 256]));
  let fit = fitPower(problemOf(lengths));
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = JSON.stringify(lengths);
    for (const task of tasks) {
      for (const length of TRIED) {
        const tried = { ...lengths, [task]: length };
        const found = fitPower(problemOf(tried));
        if (costOf(found) < costOf(fit)) [fit, lengths] = [found, tried];
      }
    }
    if (JSON.stringify(lengths) === before) break;
  }
  return { fit, lengths };
}

/** Mean absolute log residual: what the misfit is estimated from, and robust. */
const costOf = ({ residuals }: PowerFit): number =>
  residuals.reduce((sum, residual) => sum + Math.abs(residual), 0) / residuals.length;
