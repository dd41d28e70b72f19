import { parse } from 'csv-parse/sync';
import type { PowerObservation } from '../../../src/fit/power/observation.ts';
import { TrafficCounter } from '../../../src/roofline/step-traffic.ts';
import { AttentionWork, stepWork } from '../../../src/roofline/step-work.ts';
import { textOf } from '../data-files.ts';
import { tableCard } from './table-cards.ts';

const MODELS: Readonly<Record<string, string>> = {
  'llama2-70b': 'meta-llama/Llama-2-70b-hf',
  'bloom-176b': 'bigscience/bloom',
};
/** Prompts whose average power is an artefact of the telemetry. */
const LONGEST_PROMPT = 4096;
/** Spread of a cell's five repeats, about. */
const RELATIVE_ERROR = 0.02;

/** A cell's power over the whole request, and at its peak: its prompt. */
export interface PhasePower {
  readonly whole: PowerObservation;
  readonly prompt: PowerObservation;
}

/** Cells of A100 servers with their power, medians over the repeats; times are measured. */
export function splitwisePowers(limit_w: number): PhasePower[] {
  const rows = (parse(textOf('splitwise'), { columns: true }) as Record<string, string>[]).filter(
    (row) =>
      row.hardware === 'a100-80gb' &&
      Number(row.average_power) > 0 &&
      Number(row.prompt_size) <= LONGEST_PROMPT,
  );
  const key = (row: Record<string, string>): string =>
    [row.model, row.tensor_parallel, row.prompt_size, row.batch_size, row.token_size].join(' ');
  return [...Map.groupBy(rows, key).values()].map((repeats) => phasesOf(repeats, limit_w));
}

function phasesOf(repeats: readonly Record<string, string>[], limit_w: number): PhasePower {
  const [row] = repeats;
  const middle = (name: string): number => {
    const values = repeats.map((one) => Number(one[name])).sort((a, b) => a - b);
    return values[Math.floor(values.length / 2)]!;
  };
  const count = (name: string): number => Number(row![name]);
  const card = tableCard(MODELS[row!.model!]!);
  const tensorParallel = count('tensor_parallel');
  const [prompt, batch, output] = [count('prompt_size'), count('batch_size'), count('token_size')];
  const attention = new AttentionWork(card);
  const counter = new TrafficCounter(card, tensorParallel);
  const chunk = { tokens: prompt, context: 0, completes: true };
  const prefill = counter.count(
    stepWork(attention, { prefills: Array(batch).fill(chunk), decodes: 0, decodeContext: 0 }),
  );
  const steps = output - 1;
  const decode = counter.count(
    stepWork(attention, { prefills: [], decodes: batch, decodeContext: prompt + output / 2 }),
  );
  const [promptSeconds, decodeSeconds] = [middle('prompt_time') / 1e3, (steps * middle('token_time')) / 1e3];
  const columns = (read: 'flop' | 'bytes' | 'linkBytes') =>
    Float64Array.of(prefill[read], steps * decode[read]);
  const cell = {
    target: `${row!.model} TP ${tensorParallel}`,
    tensorParallel,
    inputTokens: prompt,
    outputTokens: output,
    concurrency: batch,
    relative_error: RELATIVE_ERROR,
  };
  const first = (values: Float64Array) => values.slice(0, 1);
  const traffic = {
    seconds: Float64Array.of(promptSeconds, decodeSeconds),
    flop: columns('flop'),
    bytes: columns('bytes'),
    linkBytes: columns('linkBytes'),
  };
  return {
    whole: { ...cell, traffic, power_w: middle('average_power') * limit_w },
    prompt: {
      ...cell,
      traffic: {
        seconds: first(traffic.seconds),
        flop: first(traffic.flop),
        bytes: first(traffic.bytes),
        linkBytes: first(traffic.linkBytes),
      },
      power_w: Math.min(1, middle('peak_power')) * limit_w,
    },
  };
}
