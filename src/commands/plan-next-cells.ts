import { RidgeError } from '../errors.ts';
import { type Criterion, chooseNext, type MeasuredSite, type NextCell } from '../fit/next-cells.ts';
import {
  type Conditions,
  candidatesOn,
  type NextTarget,
  parametersFor,
  siteOf,
  type TargetCandidate,
} from '../fit/next-sites.ts';
import { modelOf, settingsFor } from '../fitfile/apply.ts';
import type { Fit } from '../fitfile/schema.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { candidateGrid, rangeGrid, takesCell } from '../plan/candidate-grid.ts';
import { resolvePoints } from '../plan/cells.ts';
import type { TargetFacts } from '../plan/facts.ts';
import type { InformativeCell } from '../plan/information.ts';
import type { Priors } from '../roofline/priors.ts';
import type { LoadedSuite } from '../suite/load-suite.ts';
import { stopSchema } from '../suite/schema.ts';
import type { Asked } from './asked-flag.ts';

export interface NextCellsInput {
  readonly fit: Fit;
  readonly targets: readonly NextTarget[];
  /** Null: the default grid, as the fit's cells were driven. */
  readonly suite: LoadedSuite | null;
  /** Empty: the fit's own range. */
  readonly asked: readonly Asked[];
  readonly criterion: Criterion;
  readonly count: number;
}

/** The cells that a fit lacks most, and how they were chosen. */
export interface NextCells {
  readonly conditions: Conditions;
  /** Predictions that are to become certain. */
  readonly asked: number;
  readonly cells: readonly NextCell<TargetCandidate>[];
}

/**
 * Chooses the cells to measure next for a fit, see `chooseNext`.
 * @throws RidgeError (exit 2) when an asked cell is none that the targets take
 */
export function nextCells(input: NextCellsInput): NextCells {
  const { fit, targets, criterion, count } = input;
  const conditions: Conditions = {
    protocol: input.suite?.suite.protocol ?? fit.protocol,
    stop: input.suite?.suite.stop ?? stopSchema.parse({}),
    turnAroundSeconds: fit.client.turn_around_s,
  };
  const model = modelOf(fit);
  const priors = Object.fromEntries(
    Object.entries(fit.parameters).map(([name, { prior }]) => [name, prior]),
  ) as unknown as Priors;
  const cost = { card: model.card, priors, parameters: model.parameters };
  const measured = measuredSites(fit, conditions);
  const known = new Set([
    ...measured.map(({ engine, shape }) => keyOf(engine.tensorParallel, shape)),
    ...leftOutKeys(fit),
  ]);
  const candidates = targets
    .flatMap((target) => candidatesOn(target, cellsOn(target, input.suite), conditions, cost))
    .filter(({ engine, shape }) => !known.has(keyOf(engine.tensorParallel, shape)));
  const asked = askedSites(input, conditions);
  const sizes = [...candidates, ...measured, ...asked].map(({ engine }) => engine.tensorParallel);
  const names = parametersFor(model.card, sizes);
  const { cells } = chooseNext({ model, priors, names, measured, candidates, asked, count, criterion });
  return { conditions, asked: asked.length, cells };
}

const keyOf = (
  tensorParallel: number,
  shape: { readonly inputTokens: number; readonly outputTokens: number; readonly concurrency: number | null },
): string => [tensorParallel, shape.inputTokens, shape.outputTokens, shape.concurrency].join(' ');

/** Cells that were measured in vain: once more would be no better. */
const leftOutKeys = ({ left_out, targets }: Fit): string[] =>
  left_out.flatMap((cell) => {
    const target = targets.find(({ name }) => name === cell.target);
    const shape = {
      inputTokens: cell.input_tokens,
      outputTokens: cell.output_tokens,
      concurrency: cell.concurrency,
    };
    return target ? [keyOf(target.tensor_parallel, shape)] : [];
  });

/** Cells of the suite on a target, each once; without a suite the default grid. */
function cellsOn(target: NextTarget, suite: LoadedSuite | null): InformativeCell[] {
  if (suite === null) return candidateGrid(target);
  const { points } = resolvePoints(suite.points, limitsOf(target), suite.suite.protocol);
  return points
    .filter(({ point }) => !point.hold_out)
    .flatMap(({ point: { input_tokens, output_tokens }, concurrency }) =>
      concurrency === null ? [] : [{ input_tokens, output_tokens, concurrency }],
    );
}

const limitsOf = ({ name, engine, maxLengthTokens }: NextTarget): TargetFacts => ({
  name,
  accelerator: null,
  card: null,
  tensorParallel: engine.tensorParallel,
  maxLengthTokens,
  maxNumBatchedTokens: engine.maxNumBatchedTokens,
  maxNumSeqs: engine.maxNumSeqs,
  kvCapacityTokens: engine.kvCapacityTokens,
});

function askedSites({ fit, targets, asked }: NextCellsInput, conditions: Conditions) {
  if (asked.length === 0) {
    return fit.range.tensor_parallel.flatMap((size) => {
      const engine = settingsFor(fit, size);
      const limits = { engine, maxLengthTokens: fit.model_card.max_length_tokens };
      return rangeGrid(fit.range, limits).map((cell) => siteOf(engine, cell, conditions));
    });
  }
  return asked.flatMap((one) => {
    const sizes =
      one.tensor_parallel === null
        ? [...new Set(targets.map(({ engine }) => engine.tensorParallel))]
        : [one.tensor_parallel];
    return sizes.map((size) => {
      requireEvenHeads(fit.model_card, size, '--for tp');
      const engine =
        targets.find((target) => target.engine.tensorParallel === size)?.engine ?? settingsFor(fit, size);
      requireTaken(one, { engine, maxLengthTokens: fit.model_card.max_length_tokens });
      return siteOf(engine, one, conditions);
    });
  });
}

function requireTaken(asked: Asked, limits: Omit<NextTarget, 'name'>): void {
  if (takesCell(limits, asked)) return;
  const { input_tokens, output_tokens, concurrency } = asked;
  throw new RidgeError(
    `--for: ${input_tokens} in, ${output_tokens} out, concurrency ${concurrency} does not fit TP ${limits.engine.tensorParallel}: its length, its seats or its KV cache`,
    { mend: 'Ask for shorter requests, fewer streams or a larger tp.' },
  );
}

/** What the fit's cells measured, and how well: what its residuals were allowed beside the model's misfit. */
function measuredSites(fit: Fit, conditions: Conditions): MeasuredSite[] {
  const { misfit } = fit.predictors[fit.search.predictor].noise;
  const cells = Map.groupBy(fit.residuals, (one) =>
    [one.target, one.input_tokens, one.output_tokens, one.concurrency].join(' '),
  );
  return [...cells.values()].flatMap((terms) => {
    const target = fit.targets.find(({ name }) => name === terms[0]!.target);
    if (!target) return [];
    const error = (metric: 'ttft' | 'tpot'): number | null => {
      const term = terms.find((one) => one.metric === `${metric}_ms`);
      return term ? Math.sqrt(Math.max(0, term.log_sd ** 2 / term.weight - misfit[metric] ** 2)) : null;
    };
    return [
      {
        ...siteOf(settingsFor(fit, target.tensor_parallel), terms[0]!, conditions),
        errors: { ttft: error('ttft'), tpot: error('tpot') },
      },
    ];
  });
}
