import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { PREDICTORS } from '../fit/cell-model.ts';
import { type CellError, cellErrors, type ErrorSummaries, summariseErrors } from '../fit/errors.ts';
import { observationsFromRuns } from '../fit/from-runs.ts';
import { METRIC_KEYS, type MetricKey } from '../fit/predictive.ts';
import { modelDifferences } from '../fit/same-model.ts';
import { summariseTails, type TailSummaries, tailErrors } from '../fit/tails/tail-errors.ts';
import { TAIL_KEYS, type TailKey } from '../fit/tails/tail-keys.ts';
import type { PredictorSummaries } from '../fit/validate.ts';
import { answeredBy } from '../fitfile/answered.ts';
import { modelOf } from '../fitfile/apply.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import { type PowerErrors, powerErrors } from '../predict/power-errors.ts';
import { styleFor } from '../report/style.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { findRun } from '../run/run-folder.ts';
import { holdOutTable, predictorTable } from './error-text.ts';
import { positiveFlag } from './flags.ts';
import { readRuns } from './read-runs.ts';
import { tailErrorsTable } from './tails-text.ts';

const help = `usage: ridge validate FIT RUN... [--max-mape METRIC=PERCENT ...] [--json]

Predicts the cells of runs from a fit file, driven as they were, and prints the
errors, metric by metric, in percent. Engine settings that a run does not state
are taken from the fit, which has inferred them. Cells and limits are by the
scheduler; the closed form's errors stand beside it.

  --max-mape METRIC=PERCENT   say no (exit 1) when the mean absolute error of
                              ttft_ms, tpot_ms, e2e_ms, output_tokens_per_s,
                              power_w, or of a percentile (tbt_p99_ms ...) that
                              the runs measured is above this; repeatable
  --json                      by predictor (scheduler, closed_form) and metric:
                              n, mape, median_ape, p90_ape, bias, coverage_90;
                              power_w beside them where both sides know power,
                              and tails: the same by percentile

Example:
  ridge validate runs/a.fit.json runs/2026-01-16-quick --max-mape tpot_ms=5 \\
      --max-mape ttft_ms=10`;

const options = {
  'max-mape': { type: 'string', multiple: true },
  json: { type: 'boolean', default: false },
} as const;

interface Limit {
  readonly metric: MetricKey | TailKey | 'power_w';
  readonly percent: number;
}

function parseLimit(text: string): Limit {
  const [name, percent] = text.split('=');
  const metric = [...METRIC_KEYS, ...TAIL_KEYS, 'power_w' as const].find((key) => key === name);
  if (metric) return { metric, percent: positiveFlag('max-mape', percent ?? '') };
  throw new RidgeError(`--max-mape: '${text}' names no metric`, {
    mend: `Use METRIC=PERCENT with one of ${METRIC_KEYS.join(', ')}, power_w, or a percentile such as tbt_p99_ms.`,
  });
}

/** What speaks against comparing these cells with this fit; the comparison itself goes on. */
function mismatches(fit: Fit, data: ReturnType<typeof observationsFromRuns>): string[] {
  const facts = [
    ['accelerator', fit.accelerator.id, data.accelerator.id],
    ['engine', `${fit.engine.name} ${fit.engine.version}`, `${data.engine.name} ${data.engine.version}`],
  ] as const;
  const differs = (what: string, own: string, theirs: string): string =>
    `${what} differs: the fit is for ${own}, the run measured ${theirs}`;
  // What the run does not state is answered as the fit answers it.
  const open = new Set<string>(data.unknown);
  const models = modelDifferences(fit.model_card, data.card).filter((key) => !open.has(key));
  return [
    ...facts.flatMap(([what, own, theirs]) => (own === theirs ? [] : [differs(what, own, theirs)])),
    ...(models.length > 0 ? [differs(`model (${models.join(', ')})`, fit.model_card.id, data.card.id)] : []),
  ];
}

/** Whether either side is no real device; a fit of one says nothing of the other. */
function simulation(fit: Fit, { targets }: ReturnType<typeof observationsFromRuns>): string[] {
  const simulated = targets.filter(({ simulator }) => simulator !== null).map(({ name }) => name);
  return [
    ...(fit.simulated ? ['the fit is SIMULATED: it was made from a simulated endpoint'] : []),
    ...(simulated.length > 0 ? [`measured on a simulated endpoint: ${simulated.join(', ')}`] : []),
  ];
}

/** Limits that the errors break; a metric that was not measured breaks its limit too. */
function broken(
  limits: readonly Limit[],
  errors: ErrorSummaries & TailSummaries,
  power: PowerErrors | null,
): string[] {
  return limits.flatMap(({ metric, percent }) => {
    const mape = metric === 'power_w' ? power?.mape : errors[metric]?.mape;
    if (mape === undefined) return [`${metric}: no measured cell`];
    return mape <= percent ? [] : [`${metric}: ${mape.toFixed(2)} % is above ${percent} %`];
  });
}

function reportText(
  notes: readonly string[],
  cells: readonly CellError[],
  errors: PredictorSummaries,
  power: PowerErrors | null,
  tails: TailSummaries,
): string {
  const style = styleFor(process.stdout);
  return [
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
    holdOutTable(cells, style),
    '',
    predictorTable(errors, style),
    ...(Object.keys(tails).length > 0 ? ['', tailErrorsTable(tails, style)] : []),
    ...(power === null ? [] : ['', powerLine(power)]),
  ].join('\n');
}

const powerLine = ({ n, mape, bias }: PowerErrors): string =>
  `power of one device: ${n} cells, mean error ${mape.toFixed(1)} %, bias ${bias.toFixed(1)} %`;

export const command: Command = {
  summary: "print a fit's errors on measured cells",
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [file, ...folders] = positionals;
    if (file === undefined || folders.length === 0) {
      throw new RidgeError('give a fit file and one or more runs', { mend: 'See ridge validate --help.' });
    }
    const limits = (flags['max-mape'] ?? []).map(parseLimit);
    const fit = await readFit(file);
    const runs = await readRuns(folders.map((folder) => findRun(folder).folder));
    const data = observationsFromRuns(runs);
    const simulated = simulation(fit, data);
    const warnings = [...(flags.json ? simulated : []), ...mismatches(fit, data)];
    for (const warning of warnings) console.error(`ridge: ${warning}`);
    const observations = answeredBy(fit, data.observations, data.unknown);
    if (observations.length === 0) {
      throw new RidgeError('the runs hold no usable cell', { exitCode: EXIT.refused });
    }
    const [cells, byForm] = PREDICTORS.map((each) => cellErrors(modelOf(fit), observations, each));
    const errors = { scheduler: summariseErrors(cells!), closed_form: summariseErrors(byForm!) };
    const power = powerErrors(fit, observations);
    const tails = summariseTails(tailErrors(modelOf(fit), observations));
    const found = {
      ...errors,
      ...(Object.keys(tails).length > 0 && { tails }),
      ...(power && { power_w: power }),
    };
    console.log(
      flags.json ? JSON.stringify(found, null, 2) : reportText(simulated, cells!, errors, power, tails),
    );
    const said = broken(limits, { ...errors.scheduler, ...tails }, power);
    for (const line of said) console.error(`ridge: ${line}`);
    return said.length > 0 ? EXIT.refused : EXIT.done;
  },
};
