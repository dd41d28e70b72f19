/** Weights as a benchmark or a checkpoint's name states them; `fp4` leaves open which of the four-bit formats. */
export const SERVED_PRECISIONS = ['bf16', 'fp8', 'fp4', 'nvfp4', 'mxfp4'] as const;
export type ServedPrecision = (typeof SERVED_PRECISIONS)[number];

/** A served id taken apart: `nvidia/DeepSeek-R1-0528-FP4-V2` is `deepseek-r1-0528`, `fp4`, `v2`. */
export interface ModelName {
  readonly base: string;
  readonly precision: ServedPrecision | null;
  readonly revision: string | null;
}

const PRECISION_SUFFIX = /-(bf16|fp8|fp4|nvfp4|mxfp4)(?:-(dynamic|block|kv|preview|v\d))?$/;

/** Served names differ in owner, case and suffix; the weights do not. The precision stays part of the name. */
export function plainName(id: string): string {
  const { base, precision } = splitName(id);
  return precision === null ? base : `${base}-${precision}`;
}

/** Architecture and precision that a served id or a benchmark's model name states. */
export function splitName(id: string): ModelName {
  const name = id.toLowerCase().replace(/^.*[/\\](?=[^/\\])/, '');
  const suffix = PRECISION_SUFFIX.exec(name);
  const base = (suffix ? name.slice(0, suffix.index) : name)
    .replace(/^meta-/, '')
    .replace(/^llama(?=\d)/, 'llama-')
    .replace(/^bloom-176b$/, 'bloom')
    .replace(/-(instruct|it|hf|chat)(-\d{4})?(?=-|$)/g, '')
    .replace(/^(mixtral-.*)-v0\.1$/, '$1');
  return {
    base,
    precision: (suffix?.[1] as ServedPrecision | undefined) ?? null,
    revision: suffix?.[2] ?? null,
  };
}
