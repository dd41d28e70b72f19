import { parseArgs } from 'node:util';

const options = {
  lab: { type: 'string' },
  target: { type: 'string', multiple: true },
  accelerator: { type: 'string' },
  tp: { type: 'string' },
  model: { type: 'string' },
  'model-config': { type: 'string' },
  simulate: { type: 'boolean', default: false },
  'simulate-accelerator': { type: 'string', default: 'h100-sxm' },
  'simulate-model': { type: 'string', default: 'llama-3.1-8b' },
  'simulate-tp': { type: 'string', default: '1,2' },
  'simulate-seed': { type: 'string', default: '1' },
  'simulate-time-scale': { type: 'string', default: '1' },
  out: { type: 'string' },
  resume: { type: 'string' },
  parallel: { type: 'boolean', default: false },
  fit: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  plain: { type: 'boolean', default: false },
} as const;

/** Flags of `ridge run` and what stands beside them. */
export const parseRunFlags = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options, allowPositionals: true });

export type RunFlags = ReturnType<typeof parseRunFlags>['values'];
