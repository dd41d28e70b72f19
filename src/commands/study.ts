import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { STUDY_BASES, uniformRows } from '../cost/study/benefits.ts';
import { freeDecodeCeiling, judgedClaims, neededThroughput } from '../cost/study/claims.ts';
import { fittedClaims, fittedDevices, fittedRows } from '../cost/study/fitted.ts';
import { bestPairs, cheapestPrefill } from '../cost/study/orders.ts';
import { reconstructions } from '../cost/study/reconstruction.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { readFit } from '../fitfile/read.ts';
import { styleFor } from '../report/style.ts';
import { PUBLISHED_FITS } from './compare-devices.ts';
import { writeSvg } from './compare-svg.ts';
import { oneOfFlag } from './flags.ts';
import type { Reference2025 } from './study-shared.ts';
import { studySvg } from './study-svg.ts';
import { studyText } from './study-text.ts';

const help = `usage: ridge study reference-2025 [--svg FILE] [--json]

Re-derives the ratios that a published study gives for pairs of accelerators:

  reference-2025     cost of B200, H100, Gaudi 3 and MI300X as prefill::decode
                     pairs over H100::H100 (arXiv:2507.19635): with the same
                     efficiency on all, from spec sheets and prices alone; and
                     from published fits, which are carried to devices without
                     one. Says which published ratios reproduce, on which cost
                     basis, and what would have to be true for the others.

  --svg FILE         the benefits as bar charts
  --json             every pair, model, basis, shape and limit

Example:
  ridge study reference-2025 --json > study.json`;

const options = { svg: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/** Fits by model of the study; the first is carried to devices without one. */
const FITS = [
  [
    'h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
    'b200-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
  ],
  ['h200-sxm/nvidia-llama-3.1-8b-instruct-fp8/vllm-unknown-fp8.fit.json'],
] as const;

const DRAWS = 200;

async function reference2025(): Promise<Reference2025> {
  const models = await Promise.all(
    FITS.map((files) => Promise.all(files.map((file) => readFit(join(PUBLISHED_FITS, file))))),
  );
  const uniform = uniformRows();
  return {
    uniform,
    claims: judgedClaims(uniform),
    needed: neededThroughput(),
    free_decode: freeDecodeCeiling(),
    reconstruction: reconstructions(),
    best_pairs: bestPairs(uniform, STUDY_BASES[0]!.name),
    cheapest_prefill: cheapestPrefill([0.4, 0.08]),
    fitted: models.map((fits) => {
      const rows = fittedRows(fits, DRAWS);
      return { devices: fittedDevices(fits), claims: fittedClaims(rows), rows };
    }),
  };
}

export const command: Command = {
  summary: 're-derive published comparisons of accelerator pairs',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (positionals.length !== 1) {
      throw new RidgeError('give one study', { mend: 'Studies: reference-2025.' });
    }
    oneOfFlag('study', positionals[0]!, ['reference-2025']);
    const study = await reference2025();
    if (flags.svg !== undefined) await writeSvg(flags.svg, studySvg(study));
    console.log(flags.json ? JSON.stringify(study, null, 2) : studyText(study, styleFor(process.stdout)));
    return EXIT.done;
  },
};
