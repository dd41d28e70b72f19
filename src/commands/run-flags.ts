import { parseArgs } from 'node:util';
import { TARGET_FLAGS } from './flags.ts';

const options = {
  ...TARGET_FLAGS,
  simulate: { type: 'boolean', default: false },
  'simulate-accelerator': { type: 'string', default: 'h100-sxm' },
  'simulate-model': { type: 'string', default: 'llama-3.1-8b' },
  'simulate-tp': { type: 'string', default: '1,2' },
  'simulate-seed': { type: 'string', default: '1' },
  'simulate-time-scale': { type: 'string', default: '1' },
  'simulate-power': { type: 'boolean', default: false },
  'simulate-buckets': { type: 'string', default: 'off' },
  'simulate-spec': { type: 'string' },
  'simulate-draft': { type: 'string' },
  out: { type: 'string' },
  resume: { type: 'string' },
  parallel: { type: 'boolean', default: false },
  adaptive: { type: 'boolean', default: false },
  goal: { type: 'string', multiple: true },
  'budget-minutes': { type: 'string' },
  for: { type: 'string', multiple: true },
  criterion: { type: 'string' },
  'find-max': { type: 'string' },
  objective: { type: 'string', multiple: true },
  tolerance: { type: 'string' },
  fit: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  plain: { type: 'boolean', default: false },
} as const;

/** Flags of `ridge run` and what stands beside them. */
export const parseRunFlags = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options, allowPositionals: true });

export type RunFlags = ReturnType<typeof parseRunFlags>['values'];
