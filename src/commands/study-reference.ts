import { join } from 'node:path';
import { STUDY_BASES, uniformRows } from '../cost/study/benefits.ts';
import { freeDecodeCeiling, judgedClaims, neededThroughput } from '../cost/study/claims.ts';
import { fittedClaims, fittedDevices, fittedRows } from '../cost/study/fitted.ts';
import { bestPairs, cheapestPrefill } from '../cost/study/orders.ts';
import { reconstructions } from '../cost/study/reconstruction.ts';
import { readFit } from '../fitfile/read.ts';
import { servedCard } from '../model/served-card.ts';
import { PUBLISHED_FITS } from './published-fits.ts';
import type { Reference2025, Study } from './study-shared.ts';
import { studySvg } from './study-svg.ts';
import { studyText } from './study-text.ts';

/** Fits by model of the study; the first is carried to devices without one, and to `model` where none is of it. */
const FITTED: readonly { readonly files: readonly string[]; readonly model?: string }[] = [
  {
    files: [
      'h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
      'b200-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json',
    ],
  },
  { files: ['h200-sxm/nvidia-llama-3.1-8b-instruct-fp8/vllm-unknown-fp8.fit.json'] },
  { files: ['h100-sxm/qwen-qwen3-32b/vllm-0.12.0-bf16.fit.json'], model: 'meta-llama/Llama-3.1-70B' },
  { files: ['h100-sxm/meta-llama-llama-3.1-8b-instruct/tensorrt-llm-1.0.0rc3-bf16.fit.json'] },
];

/** Ends of intervals are told to one decimal. */
const DRAWS = 100;

/** The reference study of heterogeneous pairs (arXiv:2507.19635), re-derived. */
export async function referenceStudy(): Promise<Study> {
  const models = await Promise.all(
    FITTED.map(async ({ files, model }) => ({
      fits: await Promise.all(files.map((file) => readFit(join(PUBLISHED_FITS, file)))),
      card: model === undefined ? undefined : servedCard(model, { precision: 'bf16' })!,
    })),
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
    fitted: models.map(({ fits, card }) => {
      const rows = fittedRows(fits, DRAWS, card);
      return { devices: fittedDevices(fits, card), claims: fittedClaims(rows), rows };
    }),
  };
  return { json: study, text: (style) => studyText(study, style), svg: () => studySvg(study) };
}
