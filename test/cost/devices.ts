import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { findBasis } from '../../src/cost/bases.ts';
import type { ComparedDevice } from '../../src/cost/compare-row.ts';
import { objectivesOf } from '../../src/cost/objectives.ts';
import { servingRules } from '../../src/cost/rules.ts';
import type { SearchQuestion } from '../../src/cost/search.ts';
import { specSource } from '../../src/cost/sources/from-spec.ts';
import { DEFAULT_FIXED_COSTS } from '../../src/cost/transfer.ts';
import type { TransferRules } from '../../src/cost/transfer-rules.ts';
import { readDevice } from '../../src/fitfile/device-read.ts';
import { builtInCard } from '../../src/model/cards.ts';

export const CARD = builtInCard('llama-3.1-70b-fp8')!;
export const BASIS = findBasis('asgar2025-stated')!;

export const TRANSFER: TransferRules = {
  mode: 'layer_wise',
  contention: 1,
  fixed: DEFAULT_FIXED_COSTS,
  translate: { host_bytes_per_s: null },
  nic_bytes_per_s: null,
};

/** Of every device the file for those that nobody measured. */
export const ANY = await readDevice('fits/any/device.json');

/** A device by its spec sheet. */
export const specOf = (id: string, label = id) =>
  specSource({ device: ANY, accelerator: findAccelerator(id), card: CARD, engine: 'vllm' }, label);

/** Devices by their spec sheets, priced. */
export const specDevices = (...ids: readonly string[]): ComparedDevice[] =>
  ids.map((id) => {
    const accelerator = findAccelerator(id);
    return { source: specOf(id), cost: BASIS.costOf(accelerator) };
  });

/** 4096/512 under limits that every device meets, unless others are given. */
export const question = (
  limits: Parameters<typeof objectivesOf>[0] = { ttft_p99_ms: 1500, tpot_mean_ms: 50 },
  transfer: TransferRules = TRANSFER,
): SearchQuestion => ({
  workload: { input: 4096, output: 512 },
  objectives: objectivesOf(limits),
  rules: servingRules(1, transfer),
});

export const centralOf = (devices: readonly ComparedDevice[]) =>
  devices.map(({ source, cost }) => ({ source: source.central, usd_per_h: cost.usd_per_h }));
