import { RidgeError } from '../errors.ts';
import type { Goals, RoundAnswer, RoundQuestion } from '../fit/next-round.ts';
import { type ClosedLoopCell, isClosedLoop } from '../plan/closed-loop-cell.ts';
import type { Round, RoundEnd, RoundPlanner } from '../run/adaptive-planner.ts';
import type { AdaptiveOptions } from '../run/adaptive-schema.ts';
import { factsOf } from '../run/describe-target.ts';
import { askedFlag } from './asked-flag.ts';
import { devicePrior } from './device-prior.ts';
import { positiveFlag } from './flags.ts';
import { criterionFlag } from './plan-next.ts';
import type { RunFlags } from './run-flags.ts';

export type AskRound = (question: RoundQuestion) => Promise<RoundAnswer>;

/** Without a fit the first choice stands longer; then a fit after every few cells. */
const FIRST_CELLS = 6;
const ROUND_CELLS = 3;
const DEFAULT_MINUTES = 60;

/**
 * What an adaptive run goes on until: flags, else what its record says; null: the run is not adaptive.
 * @throws RidgeError (exit 2) for flags that do not go together
 */
export function adaptiveOptions(flags: RunFlags, before: AdaptiveOptions | null): AdaptiveOptions | null {
  if (!flags.adaptive && before === null) {
    const stray = (['goal', 'budget-minutes', 'for', 'criterion'] as const).find(
      (name) => flags[name] !== undefined,
    );
    if (stray === undefined) return null;
    throw new RidgeError(`--${stray} belongs to --adaptive`, { mend: 'Add --adaptive, or leave it out.' });
  }
  const minutes = flags['budget-minutes'];
  return {
    goals: flags.goal === undefined ? (before?.goals ?? {}) : goalFlags(flags.goal),
    asked: flags.for === undefined ? (before?.asked ?? []) : flags.for.map(askedFlag),
    criterion: flags.criterion === undefined ? (before?.criterion ?? 'i') : criterionFlag(flags.criterion),
    budget_minutes:
      minutes === undefined
        ? (before?.budget_minutes ?? DEFAULT_MINUTES)
        : positiveFlag('budget-minutes', minutes),
  };
}

function goalFlags(texts: readonly string[]): AdaptiveOptions['goals'] {
  const goals: AdaptiveOptions['goals'] = {};
  for (const text of texts) {
    const [metric = '', value = ''] = text.split('=');
    if (metric !== 'ttft_ms' && metric !== 'tpot_ms') {
      throw new RidgeError(`--goal: '${metric}' is neither ttft_ms nor tpot_ms`, {
        mend: 'For example --goal tpot_ms=5: its 90 % interval is to be at most 5 % to either side.',
      });
    }
    goals[metric] = positiveFlag(`goal: ${metric}`, value);
  }
  return goals;
}

/** A planner whose fits are made by `ask`: in a worker, so that the dashboard does not stop for them. */
export const roundPlanner = (options: AdaptiveOptions, ask: AskRound): RoundPlanner => {
  let known: ReturnType<typeof devicePrior> | undefined;
  return { options, next };

  async function next(state: Parameters<RoundPlanner['next']>[0]): Promise<Round> {
    const { run, planned, records, open, within_s, first } = state;
    known ??= devicePrior(run.targets, 'auto');
    const answer = await ask({
      expected: (await known)?.device,
      run: { run, records },
      facts: planned.map(({ target }) => factsOf(target)),
      open: open.flatMap(({ target, key, cell }) =>
        isClosedLoop(cell) ? [{ target, key, cell: shapeOf(cell) }] : [],
      ),
      asked:
        options.asked.length > 0
          ? options.asked
          : planned.flatMap(({ target, cells }) =>
              distinct(
                cells
                  .map(({ cell }) => cell)
                  .filter(isClosedLoop)
                  .map(shapeOf),
              ).map((cell) => ({
                ...cell,
                tensor_parallel: target.tensor_parallel,
              })),
            ),
      goals: relative(options.goals),
      criterion: options.criterion,
      count: first && records.length < FIRST_CELLS ? FIRST_CELLS : ROUND_CELLS,
      within_s,
    });
    return roundOf(answer, new Map(open.map((one) => [one.key, one.target])));
  }
};

function roundOf(answer: RoundAnswer, targets: ReadonlyMap<string, string>): Round {
  const percent = (share: number | null): number | null => (share === null ? null : share * 100);
  return {
    widths: { ttft_ms: percent(answer.widths.ttft), tpot_ms: percent(answer.widths.tpot) },
    fitted: answer.fitted,
    ended: endOf(answer),
    cells: answer.chosen.map((key) => ({ key, target: targets.get(key)! })),
  };
}

function endOf({ reached, chosen, too_long }: RoundAnswer): RoundEnd | null {
  if (reached) return 'goal';
  if (chosen.length > 0) return null;
  return too_long ? 'budget' : 'no_cells';
}

const shapeOf = ({ input_tokens, output_tokens, concurrency }: ClosedLoopCell) => ({
  input_tokens,
  output_tokens,
  concurrency,
});

const distinct = <Shape extends object>(shapes: readonly Shape[]): Shape[] => [
  ...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values(),
];

function relative({ ttft_ms, tpot_ms }: AdaptiveOptions['goals']): Goals {
  return {
    ...(ttft_ms !== undefined && { ttft: ttft_ms / 100 }),
    ...(tpot_ms !== undefined && { tpot: tpot_ms / 100 }),
  };
}
