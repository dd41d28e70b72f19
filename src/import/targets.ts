import type { Accelerator } from '../accelerator/accelerator.ts';
import { findAccelerator } from '../accelerator/catalogue.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import { cardFromConfig } from '../model/from-config.ts';
import { SERVED_PRECISIONS } from '../model/names.ts';
import { servedCard } from '../model/served-card.ts';
import type { RunTarget } from '../run/schema.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { knownAccelerator, requireKnown } from './accelerator-names.ts';
import type { Candidate, MeasuredRow } from './measured-row.ts';
import type { EngineFacts, ImportOptions } from './options.ts';
import { type TargetFacets, targetNames } from './target-names.ts';

/** A target and the rows measured on it. */
export interface ImportedTarget {
  readonly target: RunTarget;
  readonly rows: readonly MeasuredRow[];
}

/**
 * One target for each accelerator, TP size, engine, model, precision and way of driving.
 * @throws RidgeError (exit 2) when no engine is known, or one config.json stands for several models
 */
export function targetsOf(
  kept: readonly Candidate[],
  options: ImportOptions,
  file: string,
): ImportedTarget[] {
  const groups = [...Map.groupBy(kept, ({ row }) => canonicalJson(facetsOf(row, options, file))).values()];
  const rows = groups.map((group) => group.map(({ row }) => row));
  const facets = rows.map((group) => facetsOf(group[0]!, options, file));
  if (options.modelConfig !== undefined) requireOneModel(facets);
  const names = targetNames(facets);
  return facets
    .map((one, index) => ({
      target: describeTarget(names[index]!, one, accelerator(rows[index]![0]!, options), options),
      rows: rows[index]!,
    }))
    .sort((a, b) => a.target.name.localeCompare(b.target.name, 'en', { numeric: true }));
}

/** That of the options; of a row that was selected without one, the catalogue has it. */
const accelerator = (row: MeasuredRow, { accelerator: id }: ImportOptions): Accelerator =>
  id === undefined ? requireKnown(row.accelerator) : (knownAccelerator(id) ?? findAccelerator(id));

function facetsOf(row: MeasuredRow, options: ImportOptions, file: string): TargetFacets {
  const engine = options.engine ?? row.engine;
  if (engine.name === null) {
    throw new RidgeError('the rows name no engine', {
      where: `${file}:${row.line}`,
      mend: 'Say it by --engine NAME@VERSION, for example --engine vllm@0.12.0.',
    });
  }
  return {
    accelerator: accelerator(row, options).id,
    tensorParallel: row.tensorParallel,
    expertParallel: row.expertParallel,
    pipelineParallel: row.pipelineParallel,
    model: row.model,
    precision: row.precision,
    engine: engine.name,
    engineVersion: engine.version,
    driving: row.driving,
    budgetMarginTokens:
      options.settings?.max_num_batched_tokens === undefined ? (row.budgetMarginTokens ?? null) : null,
    wholeOnOwnServer: row.wholeOnOwnServer ?? false,
    unknownInput: row.unknownInput ?? null,
  };
}

function requireOneModel(facets: readonly TargetFacets[]): void {
  const models = new Set(facets.map(({ model, precision }) => `${model} ${precision ?? ''}`.trim()));
  if (models.size <= 1) return;
  throw new RidgeError(
    `--model-config is one model, the rows hold ${models.size}: ${[...models].join(', ')}`,
    {
      mend: 'Choose one by --where model=ID,precision=FORMAT.',
    },
  );
}

function describeTarget(
  name: string,
  facets: TargetFacets,
  device: Accelerator,
  options: ImportOptions,
): RunTarget {
  const card = cardOf(facets, options);
  const settings = settingsOf(options.settings ?? {});
  const { budgetMarginTokens: margin } = facets;
  const graphSizes = options.settings?.graph_sizes;
  return {
    name,
    url: null,
    definition: null,
    agent: null,
    accelerator: device,
    devices: facets.tensorParallel * facets.pipelineParallel,
    tensor_parallel: facets.tensorParallel,
    expert_parallel: facets.expertParallel,
    engine: { name: facets.engine, version: facets.engineVersion },
    model: { id: facets.model, root: null, max_length_tokens: null },
    model_card: card && bindCard(card, device),
    settings,
    features: null,
    host: null,
    driving: toStored(facets.driving),
    simulator: null,
    ...(graphSizes && { graph_sizes: [...graphSizes] }),
    ...(margin !== null && { budget_margin_tokens: margin }),
    ...(facets.wholeOnOwnServer && { own_servers: true, whole_prompts: true }),
    ...(facets.unknownInput !== null && { unknown_input_task: facets.unknownInput }),
    warnings: [
      ...(card ? [] : [noCard(facets)]),
      ...unknownSettings(settings, margin),
      ...(margin === null ? [] : [ownServers(margin)]),
      ...(facets.unknownInput === null ? [] : [UNKNOWN_LENGTHS]),
    ],
  };
}

/** The same with lists that may be written to, as the record's schema has them. */
const toStored = (driving: TargetFacets['driving']): RunTarget['driving'] =>
  structuredClone(driving) as never;

function cardOf({ model, precision }: TargetFacets, options: ImportOptions): ModelCard | null {
  const overrides = { kvCacheDtype: options.settings?.kv_cache_dtype };
  if (options.modelConfig !== undefined) return cardFromConfig(model, options.modelConfig, overrides);
  const served = SERVED_PRECISIONS.find((one) => one === precision);
  if (precision !== null && served === undefined) return null;
  return servedCard(model, { ...overrides, precision: served });
}

const UNKNOWN_LENGTHS =
  'prompt lengths are not recorded: a fit finds one for each task, and the energy per FLOP is confounded with it';

const ownServers = (margin: number): string =>
  `max_num_batched_tokens: each row's prompt and batch + ${margin}, as its server was set up`;

const noCard = ({ model, precision }: TargetFacets): string =>
  `no built-in card of ${model}${precision === null ? '' : ` in ${precision}`}; a fit needs --model-config FILE`;

function settingsOf(given: EngineFacts): RunTarget['settings'] {
  const setting = (value: number | undefined): RunTarget['settings']['block_size'] =>
    value === undefined ? { value: null, source: 'unknown' } : { value, source: 'lab' };
  return {
    max_num_batched_tokens: setting(given.max_num_batched_tokens),
    max_num_seqs: setting(given.max_num_seqs),
    kv_capacity_tokens: setting(given.kv_capacity_tokens),
    block_size: setting(undefined),
    kv_cache_dtype: given.kv_cache_dtype ?? null,
    prefix_caching: null,
  };
}

function unknownSettings(settings: RunTarget['settings'], margin: number | null): string[] {
  const missing = [
    ...(['max_num_batched_tokens', 'max_num_seqs', 'kv_capacity_tokens'] as const).filter(
      (key) => settings[key].value === null && (key !== 'max_num_batched_tokens' || margin === null),
    ),
    ...(settings.kv_cache_dtype === null ? ['kv_cache_dtype'] : []),
  ];
  return missing.length === 0
    ? []
    : [`not known: ${missing.join(', ')}; where you know one, its flag says it`];
}
