import { fitPower, type PowerFit, type PowerProblem } from './fit-power.ts';

/** Prompt lengths that are tried where none was recorded, tokens. */
const TRIED = [16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048];
const ROUNDS = 3;
/** Where the search begins, and where it stays as far as the rows do not tell. */
const START = 256;

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
  let lengths: Record<string, number> = Object.fromEntries(tasks.map((task) => [task, START]));
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
const costOf = ({ residuals }: Pick<PowerFit, 'residuals'>): number =>
  residuals.reduce((sum, residual) => sum + Math.abs(residual), 0) / residuals.length;

type FitAt = (lengths: Readonly<Record<string, number>>) => Pick<PowerFit, 'residuals'>;

/**
 * Lengths of a task that fit the rows as well as the best one does, within the standard error of its cost; ascending.
 * @param lengths of the other tasks, which stay
 */
export function asGoodLengths(
  task: string,
  lengths: Readonly<Record<string, number>>,
  fitAt: FitAt,
): readonly number[] {
  const tried = TRIED.map((length) => ({ length, ...fitAt({ ...lengths, [task]: length }) }));
  const best = tried.reduce((a, b) => (costOf(b) < costOf(a) ? b : a));
  const limit = costOf(best) + standardErrorOf(best.residuals.map(Math.abs));
  return tried.filter((one) => costOf(one) <= limit).map(({ length }) => length);
}

/**
 * Found lengths, each moved as near to a usual prompt as the rows leave open: of one model's rows alone they tell next to
 * nothing, and the best of them may well be the shortest that was tried.
 */
export function usualLengths(
  lengths: Readonly<Record<string, number>>,
  fitAt: FitAt,
): Readonly<Record<string, number>> {
  const away = (length: number): number => Math.abs(Math.log(length / START));
  let usual = lengths;
  for (const task of Object.keys(lengths)) {
    const nearest = asGoodLengths(task, usual, fitAt).reduce((a, b) => (away(b) < away(a) ? b : a));
    usual = { ...usual, [task]: nearest };
  }
  return usual;
}

function standardErrorOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1) / values.length);
}
