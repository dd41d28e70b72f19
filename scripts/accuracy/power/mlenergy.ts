import { parse } from 'csv-parse/sync';
import { meanTraffic, type PowerObservation } from '../../../src/fit/power/observation.ts';
import type { ModelCard } from '../../../src/model/card.ts';
import { TrafficCounter } from '../../../src/roofline/step-traffic.ts';
import { AttentionWork, stepWork } from '../../../src/roofline/step-work.ts';
import { textOf } from '../data-files.ts';
import { tableCard } from './table-cards.ts';

/** One curve point: a model on some devices at one maximum batch. */
export interface EnergyRow {
  readonly model: string;
  readonly task: string;
  readonly card: ModelCard;
  readonly tensorParallel: number;
  readonly pipeline: number;
  readonly tokensPerSecond: number;
  readonly outputTokens: number;
  readonly batch: number;
  readonly mostBatch: number;
  /** Of one device, W: derived from the energy of a request. */
  readonly power_w: number;
}

export const energyRows = (): EnergyRow[] =>
  (parse(textOf('mlenergy'), { columns: true }) as Record<string, string>[]).map((row) => {
    const [tensorParallel, pipeline] = [Number(row.TP), Number(row.PP)];
    const tokensPerSecond = Number(row['Token tput (tok/s)']);
    const outputTokens = Number(row['Avg Output Tokens']);
    return {
      model: row.Model!,
      task: row.task!,
      card: tableCard(row.Model!),
      tensorParallel,
      pipeline,
      tokensPerSecond,
      outputTokens,
      batch: Number(row['Avg BS (reqs)']),
      mostBatch: Number(row['Max BS (reqs)']),
      power_w:
        ((Number(row['Energy/req (J)']) / outputTokens) * tokensPerSecond) / (tensorParallel * pipeline),
    };
  });

/** No repeats tell how well an energy repeats; counters and long windows do it within a per cent or two. */
const RELATIVE_ERROR = 0.02;

/**
 * The work of one device a second, from measured rates: decode steps, and each request's prompt as one chunk that shares a step
 * with the batch.
 * @param promptTokens not in the file: one length for each task
 */
export function energyObservation(row: EnergyRow, promptTokens: number): PowerObservation {
  const attention = new AttentionWork(row.card);
  const counter = new TrafficCounter(row.card, row.tensorParallel);
  const decoding = { decodes: row.batch, decodeContext: promptTokens + row.outputTokens / 2 };
  const pure = counter.count(stepWork(attention, { ...decoding, prefills: [] }));
  const prompt = { tokens: promptTokens, context: 0, completes: true };
  const mixed = counter.count(stepWork(attention, { ...decoding, prefills: [prompt] }));
  const steps = row.tokensPerSecond / row.batch;
  const requests = row.tokensPerSecond / row.outputTokens;
  const rate = (of: 'flop' | 'bytes' | 'linkBytes'): number =>
    (steps * pure[of] + requests * (mixed[of] - pure[of])) / row.pipeline;
  return {
    target: row.model,
    tensorParallel: row.tensorParallel,
    inputTokens: promptTokens,
    outputTokens: Math.round(row.outputTokens),
    concurrency: row.batch,
    traffic: meanTraffic({ flop: rate('flop'), bytes: rate('bytes'), linkBytes: rate('linkBytes') }),
    power_w: row.power_w,
    relative_error: RELATIVE_ERROR,
  };
}
