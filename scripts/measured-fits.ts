import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { observationsFromRuns, type RunCells } from '../src/fit/from-runs.ts';
import { withTails } from '../src/fitfile/add-tails.ts';
import { fitId } from '../src/fitfile/fit-id.ts';
import { listFits } from '../src/fitfile/index-file.ts';
import { writeIndex } from '../src/fitfile/index-file-write.ts';
import { makeFit } from '../src/fitfile/make-fit.ts';
import { parseFit } from '../src/fitfile/parse.ts';
import { preparePublication } from '../src/fitfile/publish.ts';
import { writePublication } from '../src/fitfile/publish-write.ts';
import { type ImportedRun, importAiconfigurator, importInferenceX } from '../src/import/import-rows.ts';
import { parseWhere } from '../src/import/where.ts';
import type { RunTarget } from '../src/run/schema.ts';
import { canonicalJson } from '../src/stats/canonical-json.ts';
import { VERSION } from '../src/version.ts';
import { missingFiles, textOf } from './accuracy/data-files.ts';
import { dynamoRuns } from './accuracy/data-sets.ts';
import { SPLITWISE_HARDWARE, SPLITWISE_MODELS, splitwiseRuns } from './accuracy/splitwise-runs.ts';

/**
 * Makes the published fits from the public measurements: one a (accelerator, model, precision, engine) with enough cells.
 * `--only TEXT` makes those whose id contains the text, `--without TEXT` those whose id does not; `--to FOLDER` puts them elsewhere than into fits/.
 * `--tails-only` fits nothing: it learns the section on percentiles anew for the fits that are there.
 */
const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    without: { type: 'string', default: '' },
    to: { type: 'string', default: 'fits' },
    'tails-only': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});

/** Cells that make a fit worth publishing: several loads of several shapes on one or more sizes. */
const FEWEST_CELLS = 12;

const ATTRIBUTION = {
  silicon:
    'Measurements: NVIDIA AIConfigurator silicon sample (Apache-2.0), InferenceX rows in it by SemiAnalysis InferenceX. Fit: Ridgepoint.',
  agg: 'Measurements: SemiAnalysis InferenceMAX / InferenceX (Apache-2.0, attribution required). Fit: Ridgepoint.',
  dynamo: 'Measurements: NVIDIA Dynamo planner profile (Apache-2.0). Fit: Ridgepoint.',
  splitwise:
    'Measurements: Splitwise (Patel et al., ISCA 2024), splitwise-sim performance model (MIT). Fit: Ridgepoint.',
};

interface Candidate {
  readonly id: string;
  readonly attribution: string;
  readonly runs: readonly RunCells[];
}

const idOf = ({ accelerator, model_card, model, engine }: RunTarget): string =>
  [accelerator?.id, model.id, model_card?.precision, engine.name, engine.version ?? 'unknown'].join(' ');

/** The parts of a run that are one accelerator, model, precision and engine. */
function candidatesOf({ run, records }: ImportedRun, attribution: string): Candidate[] {
  return [...Map.groupBy(run.targets, idOf)].flatMap(([id, targets]): Candidate[] => {
    const names = new Set(targets.map(({ name }) => name));
    const own = records.filter((record) => names.has(record.target));
    if (own.length < FEWEST_CELLS) return [];
    return [{ id, attribution, runs: [{ run: { ...run, targets }, records: own }] }];
  });
}

async function publishFit({ id, attribution, runs }: Candidate): Promise<string> {
  const started = performance.now();
  const fit = makeFit(runs, {
    createdAt: new Date().toISOString(),
    toolVersion: VERSION,
    onProgress: flags.verbose
      ? (what, done, total) =>
          console.error(`  ${what} ${done}/${total} ${((performance.now() - started) / 1e3).toFixed(1)} s`)
      : undefined,
  });
  const publication = preparePublication(canonicalJson(fit), id, { to: flags.to, attribution });
  const refused = publication.gates.filter(({ passed }) => !passed);
  const seconds = ((performance.now() - started) / 1e3).toFixed(0);
  if (refused.length > 0)
    return `refused: ${refused.map(({ message }) => message).join('; ')} (${seconds} s)`;
  await writePublication(publication, true);
  const { ttft_ms, tpot_ms } = fit.validation.in_sample.errors.scheduler;
  return `TPOT ${tpot_ms?.mape.toFixed(1)} %, TTFT ${ttft_ms?.mape.toFixed(1)} % in sample (${seconds} s): ${publication.file}`;
}

/** The published fits by what they are of. */
const published = new Map(
  await Promise.all(
    (flags['tails-only'] ? await listFits(flags.to) : []).map(async (path): Promise<[string, string]> => {
      const text = await readFile(join(flags.to, path), 'utf8');
      return [parseFit(text, path).id, text];
    }),
  ),
);

async function addTails({ runs }: Candidate): Promise<string> {
  const started = performance.now();
  const id = fitId(observationsFromRuns(runs));
  const text = published.get(id);
  if (text === undefined) return 'no such fit is published';
  const changed = withTails(text, id, runs);
  if (canonicalJson(changed) === text.trimEnd()) return 'no percentiles, or none that are new';
  const publication = preparePublication(canonicalJson(changed), id, { to: flags.to });
  await writePublication(publication, true);
  const { ttft_p99_ms: ttft, tbt_p99_ms: tbt } = changed.tails!.errors.in_sample;
  const seconds = ((performance.now() - started) / 1e3).toFixed(0);
  const percent = (value: number | undefined): string =>
    value === undefined ? '-' : `${value.toFixed(1)} %`;
  return `p99 TTFT ${percent(ttft?.median_ape)}, TBT ${percent(tbt?.median_ape)} median in sample (${seconds} s): ${publication.file}`;
}

const missing = missingFiles();
if (missing.length > 0) {
  console.error(
    `skipped: the public measurements are not here (${missing[0]}); RIDGE_DATA names their folder`,
  );
  process.exit(0);
}
const silicon = importAiconfigurator(textOf('silicon'), { file: 'silicon.csv' });
/** Stalls for a compilation disturb the means of some DeepSeek-R1 repeats, not their medians. */
const agg = [
  { where: parseWhere('infmax_model_prefix=gptoss'), statistic: 'mean' as const },
  { where: parseWhere('infmax_model_prefix=dsr1'), statistic: 'median' as const },
].map((options) => importInferenceX(textOf('agg'), { file: 'agg.csv', ...options }));
const chosen = (text: string): boolean =>
  text.includes(flags.only) && (flags.without === '' || !text.includes(flags.without));
const candidates = [
  { id: 'h200-sxm unit roofline', attribution: ATTRIBUTION.dynamo, runs: dynamoRuns() },
  ...SPLITWISE_MODELS.flatMap((model) =>
    SPLITWISE_HARDWARE.map((hardware) => ({
      id: `splitwise ${hardware} ${model}`,
      attribution: ATTRIBUTION.splitwise,
      runs: splitwiseRuns(model, hardware),
    })),
  ),
  ...agg.flatMap((run) => candidatesOf(run, ATTRIBUTION.agg)),
  ...candidatesOf(silicon, ATTRIBUTION.silicon),
].filter(({ id }) => chosen(id));
for (const candidate of candidates) {
  const made = flags['tails-only'] ? addTails(candidate) : publishFit(candidate);
  const told = await made.catch((error: unknown) => `failed: ${error}`);
  console.log(`${candidate.id}: ${told}`);
}
await writeIndex(flags.to);
