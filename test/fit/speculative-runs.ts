import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import type { RunCells } from '../../src/fit/from-runs.ts';
import type { ModelCard } from '../../src/model/card.ts';
import { withDraft } from '../../src/model/draft.ts';
import type { Speculation } from '../../src/roofline/speculation.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { suiteSchema } from '../../src/suite/schema.ts';
import { accelerator, card, truth } from './virtual.ts';

/** What proposing a token costs the devices of `speculativeRuns`. */
export const DRAFT_COSTS = { draft_pass_s: 4e-4, draft_sequence_s: 6e-6 };

/** A small model that proposes for the card. */
export const DRAFT: ModelCard = {
  ...card,
  id: 'draft',
  layers: 4,
  weight_groups: [{ ...card.weight_groups[0]!, parameters: 4e8 }],
};

const stop = { min_s: 0, min_requests: 4, max_requests: 400 };

/** Cells of a server that does not speculate. */
const plain = suiteSchema.parse({
  schema_version: 1,
  name: 'plain',
  grid: [
    { input: [128, 16384], output: [2], load: { concurrency: [1] } },
    { input: [1024], output: [128], load: { concurrency: [1, 8, 64] } },
    { input: [16384], output: [64], load: { concurrency: [1] } },
  ],
  stop,
});

const speculative = suiteSchema.parse({
  schema_version: 1,
  name: 'speculative',
  grid: [
    { kind: 'speculative', input: [128], output: [256], load: { concurrency: [1, 16, 64, 128] } },
    { kind: 'speculative', input: [4096], output: [256], load: { concurrency: [1, 8] } },
    { kind: 'speculative', input: [1024], output: [384], load: { concurrency: [2, 32] }, hold_out: true },
  ],
  stop,
});

/** The same server measured without speculation, and with two and five proposed tokens, in virtual time. */
export function speculativeRuns(model: 'no card' | 'its card'): RunCells[] {
  const served = model === 'no card' ? card : withDraft(card, DRAFT);
  const run = (seed: number, speculation?: Speculation): RunCells => {
    const device = createDevice({
      accelerator,
      card: served,
      parameters: { ...truth, ...DRAFT_COSTS },
      speculation,
    });
    return virtualRun(speculation ? speculative : plain, [device], { seed, stampErrorSeconds: 0.2e-3 });
  };
  const runs = [
    run(1),
    run(2, { draftTokens: 2, acceptance: 0.75 }),
    run(3, { draftTokens: 5, acceptance: 0.5 }),
  ];
  // A server does not say what proposes for it.
  return runs.map(({ run: record, records }, index) => ({
    run: {
      ...record,
      id: `virtual-${index}`,
      targets: record.targets.map((one) => ({ ...one, model_card: card })),
    },
    records,
  }));
}
