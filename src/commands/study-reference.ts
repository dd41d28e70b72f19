import { join } from 'node:path';
import { STUDY_BASES, uniformRows } from '../cost/study/benefits.ts';
import { freeDecodeCeiling, judgedClaims, neededThroughput } from '../cost/study/claims.ts';
import { fittedClaims, fittedDevices, fittedRows } from '../cost/study/fitted.ts';
import { bestPairs, cheapestPrefill } from '../cost/study/orders.ts';
import { reconstructions } from '../cost/study/reconstruction.ts';
import { readFit } from '../fitfile/read.ts';
import { PUBLISHED_FITS } from './compare-devices.ts';
import type { Reference2025, Study } from './study-shared.ts';
import { studySvg } from './study-svg.ts';
import { studyText } from './study-text.ts';

/** Fits by model of the study; the first is carried to devices without one. */
const FITS = [
  [
    'h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
    'b200-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
  ],
  ['h200-sxm/nvidia-llama-3.1-8b-instruct-fp8/vllm-unknown-fp8.fit.json'],
] as const;

const DRAWS = 200;

/** The reference study of heterogeneous pairs (arXiv:2507.19635), re-derived. */
export async function referenceStudy(): Promise<Study> {
  const models = await Promise.all(
    FITS.map((files) => Promise.all(files.map((file) => readFit(join(PUBLISHED_FITS, file))))),
  );
  const uniform = uniformRows();
  const study: Reference2025 = {
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
  return { json: study, text: (style) => studyText(study, style), svg: () => studySvg(study) };
}
