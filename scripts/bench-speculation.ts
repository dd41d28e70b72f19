import { parseArgs } from 'node:util';
import { speculativeTable } from './recovery/speculative-table.ts';

/**
 * Does a fit find what proposing tokens costs? Simulated devices measured without speculation and with two and five proposed
 * tokens in virtual time, then cells with four and cells of cached prompts: `--seeds N` of them, from `--first-seed`.
 */
const { values: flags } = parseArgs({
  options: { seeds: { type: 'string', default: '20' }, 'first-seed': { type: 'string', default: '1' } },
});
const first = Number(flags['first-seed']);
const verdicts = speculativeTable(Array.from({ length: Number(flags.seeds) }, (_, index) => first + index));
for (const { target, seen, pass } of verdicts) console.log(`${pass ? 'pass' : 'FAIL'}  ${target}: ${seen}`);
process.exitCode = verdicts.every(({ pass }) => pass) ? 0 : 1;
