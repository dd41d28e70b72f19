import type { CellTask } from '../agent/protocol.ts';
import { childSeed } from '../stats/random.ts';
import { samplingOf } from '../suite/sampling.ts';
import type { LaneCell, LaneContext } from './lane-context.ts';
import { toldBuckets } from './read-padding.ts';
import type { CellShape } from './schema.ts';

/** A cell as its target's agent is asked to measure it. Another attempt draws other lengths and arrivals. */
export function cellTask(
  context: Pick<LaneContext, 'suite' | 'target' | 'traces'>,
  { cell, key }: LaneCell,
  attempt: number,
  seen: Pick<CellTask, 'first_of_shape' | 'touch_first' | 'touch_sizes'>,
  idlePower_w: number | null = null,
): CellTask {
  const { suite, target } = context;
  return {
    kind: cell.kind,
    input_tokens: cell.input_tokens,
    ...(cell.cached_input_tokens !== undefined && { cached_input_tokens: cell.cached_input_tokens }),
    ...(target.settings.block_size.value !== null && { block_size: target.settings.block_size.value }),
    output_tokens: cell.output_tokens,
    concurrency: cell.concurrency,
    arrivals: cell.arrivals,
    ...traceOf(context, cell),
    kv_fill: cell.kv_fill,
    seed: childSeed(suite.protocol.seed + attempt - 1, Number.parseInt(key.slice(0, 8), 16)),
    max_length_tokens: target.model.max_length_tokens,
    max_num_seqs: target.settings.max_num_seqs.value,
    vocabulary_size: target.model_card?.vocabulary_size ?? null,
    ...seen,
    protocol: {
      ...suite.protocol,
      ...samplingOf(suite.protocol, target.model_card),
      ...(cell.prompt && { prompt: cell.prompt }),
    },
    stop: suite.stop,
    objectives: suite.objectives ?? null,
    ...(suite.thresholds && { thresholds: suite.thresholds }),
    ...bucketsOf(target),
    ...countedOf(target),
    idle_power_w: idlePower_w,
  };
}

function bucketsOf(target: LaneContext['target']): Pick<CellTask, 'buckets'> {
  const told = toldBuckets(target);
  return told ? { buckets: told.buckets } : {};
}

/** Of several engines, or of pipeline stages, a server's estimates are of no one device. */
function countedOf({
  model_card: card,
  devices,
  tensor_parallel,
  settings,
}: LaneContext['target']): Pick<CellTask, 'counted'> {
  if (card === null || devices !== tensor_parallel) return {};
  return {
    counted: { card, tensor_parallel, max_num_batched_tokens: settings.max_num_batched_tokens.value },
  };
}

function traceOf({ traces }: Pick<LaneContext, 'traces'>, { arrivals }: CellShape): Pick<CellTask, 'trace'> {
  const trace = traces?.get(arrivals?.trace?.digest ?? '');
  if (trace === undefined) return {};
  const { at_s, input_tokens, output_tokens } = trace;
  return { trace: { at_s: [...at_s], input_tokens: [...input_tokens], output_tokens: [...output_tokens] } };
}
