import { readFileSync } from 'node:fs';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { benefitIntervals } from '../../src/cost/intervals.ts';
import { objectivesOf } from '../../src/cost/objectives.ts';
import { servingRules } from '../../src/cost/rules.ts';
import { type SearchQuestion, searchAll } from '../../src/cost/search.ts';
import { specSource } from '../../src/cost/sources/from-spec.ts';
import { DEFAULT_FIXED_COSTS } from '../../src/cost/transfer.ts';
import { parseDevice } from '../../src/fitfile/device-read.ts';
import { builtInCard } from '../../src/model/cards.ts';
import type { SpeedRow } from './row.ts';

const IDS = [
  'h100-sxm',
  'h200-sxm',
  'b200-sxm',
  'b300-sxm',
  'gb200-nvl72',
  'gb300-nvl72',
  'mi300x',
  'mi325x',
  'mi355x',
  'gaudi3',
  'gaudi2',
  'a100-80-sxm',
];

const QUESTION: SearchQuestion = {
  workload: { input: 4096, output: 512 },
  objectives: objectivesOf({ ttft_p99_ms: 1000, tpot_mean_ms: 40 }),
  rules: servingRules(1, {
    mode: 'layer_wise',
    contention: 1,
    fixed: DEFAULT_FIXED_COSTS,
    translate: { host_bytes_per_s: null },
    nic_bytes_per_s: null,
  }),
};

const seconds = (work: () => void): number => {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1e3;
};

const ANY_FILE = 'fits/any/device.json';

/** Search of every ordered pair of twelve accelerators and of each alone, over TP sizes, batches and utilisation, cold. */
export function searchSpeed(): SpeedRow[] {
  const card = builtInCard('llama-3.1-70b-fp8')!;
  const device = parseDevice(readFileSync(ANY_FILE, 'utf8'), ANY_FILE);
  const sources = IDS.map((id) =>
    specSource({ device, accelerator: findAccelerator(id), card, engine: 'vllm' }, id),
  );
  const search = seconds(() => {
    searchAll(
      sources.map(({ central }) => ({ source: central, usd_per_h: 1 })),
      QUESTION,
    );
  });
  const intervals = seconds(() => {
    benefitIntervals(
      sources.map((source) => ({ source, usd_per_h: 1 })),
      QUESTION,
      0,
    );
  });
  return [
    { name: 'pairings of 12 x 12 accelerators, two objectives', value: search, unit: 's', target: 1 },
    { name: '  with 90 % intervals (200 draws)', value: intervals, unit: 's', target: 5 },
  ];
}
