import { EXIT, RidgeError } from '../errors.ts';
import { cellErrors } from '../fit/errors.ts';
import { observationsFromRuns, type RunCells } from '../fit/from-runs.ts';
import type { Observation } from '../fit/observations.ts';
import { median } from '../stats/sorted.ts';
import { answeredBy } from './answered.ts';
import { modelOf } from './apply.ts';
import { tailsSection } from './build-tails.ts';
import { parseFit } from './parse.ts';
import type { Fit } from './schema.ts';
import { withDigest } from './write.ts';

/** Residuals of TPOT agree to this on the median cell: the file may have them rounded, or be of an earlier version. */
const SAME_LOG = 0.005;

/**
 * A fit with its section on percentiles made anew from the runs that it was made from. Nothing else in it changes but the
 * digest, so that a fit which took minutes need not be made again; errors of blocks left out need the fits without them and are
 * not told.
 * @param text of a fit file
 * @returns with the keys of the file and no other, though this version knows more
 * @throws RidgeError (exit 2) when it is no good fit file, see `parseFit`; (exit 1) when the fit was made from other rows, or with rules about cells
 */
export function withTails(text: string, where: string, runs: readonly RunCells[]): Fit {
  const fit = parseFit(text, where);
  if (fit.selection.only.length + fit.selection.hold_out.length > 0) {
    throw new RidgeError(`'${fit.id}' was made with rules about cells`, {
      exitCode: EXIT.refused,
      mend: 'Fit again with the same rules.',
    });
  }
  const read = observationsFromRuns(runs);
  const cells = answeredBy(fit, read.observations, read.unknown);
  const model = modelOf(fit);
  const seen = cells.filter((one) => !one.hold_out);
  refuseOtherRows(fit, seen);
  const dataset = { ...read, card: fit.model_card, observations: seen };
  const held = cells.filter((one) => one.hold_out);
  const { digest: _digest, signature: _signature, tails: _tails, ...rest } = JSON.parse(text) as Fit;
  return withDigest({ ...rest, ...tailsSection(model, dataset, held, null) });
}

/** A fit has the residual of every cell that it was made from; its targets may have been given plain names. */
function refuseOtherRows(fit: Fit, cells: readonly Observation[]): void {
  const sizes = new Map(fit.targets.map(({ name, tensor_parallel }) => [name, tensor_parallel]));
  const stated = fit.residuals
    .filter(({ metric }) => metric === 'tpot_ms')
    .map((one) => ({ ...one, tensor_parallel: sizes.get(one.target)! }));
  const found = cellErrors({ ...modelOf(fit), residual_table: null }, cells, fit.search.predictor)
    .filter(({ metric }) => metric === 'tpot_ms')
    .map((one) => ({ ...one, log_residual: Math.log(one.predicted / one.measured) }));
  const [mine, theirs] = [inOrder(stated), inOrder(found)];
  const isSame = mine.length === theirs.length && mine.every(({ cell }, i) => cell === theirs[i]!.cell);
  const off = mine.map(({ value }, i) => Math.abs(value - (theirs[i]?.value ?? 0)));
  if (isSame && (median(off) ?? 0) < SAME_LOG) return;
  throw new RidgeError(`'${fit.id}' was made from other rows`, {
    exitCode: EXIT.refused,
    mend: 'Fit these rows anew.',
  });
}

interface Residual {
  readonly tensor_parallel: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly concurrency: number;
  readonly log_residual: number;
}

const inOrder = (residuals: readonly Residual[]): { cell: string; value: number }[] =>
  residuals
    .map((one) => ({
      cell: [one.tensor_parallel, one.input_tokens, one.output_tokens, one.concurrency].join(' '),
      value: one.log_residual,
    }))
    .sort((a, b) => (a.cell < b.cell ? -1 : a.cell > b.cell ? 1 : a.value - b.value));
