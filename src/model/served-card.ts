import type { BuiltInConfig } from './built-in/decoder.ts';
import { BUILT_IN_CONFIGS } from './built-in.ts';
import type { ModelCard } from './card.ts';
import { type CardOverrides, cardFromConfig } from './from-config.ts';
import { type ModelName, type ServedPrecision, splitName } from './names.ts';
import { FP8_WEIGHTS, mxfp4Weights, nvfp4Weights } from './recipes.ts';

/** What a benchmark row says besides the model's name. */
export interface ServedOptions extends CardOverrides {
  /** Precision of the weights; null or absent: the one in the name, else the one the model was released in. */
  readonly precision?: ServedPrecision | null | undefined;
}

/**
 * Card of a built-in model with its weights in the precision in which it was served, for rows that name model and
 * precision apart (`openai/gpt-oss-120b`, `fp4`) or together (`nvidia/Llama-3.1-8B-Instruct-FP8`).
 * The KV cache is bf16 unless `kvCacheDtype` says otherwise, also where a checkpoint brings fp8 scales: engines differ
 * in whether they use them.
 * @returns null when the model is not built in, no such checkpoint exists, or name and precision contradict each other
 */
export function servedCard(id: string, options: ServedOptions = {}): ModelCard | null {
  const exact = Object.hasOwn(BUILT_IN_CONFIGS, id);
  const name: ModelName = exact ? { base: id, precision: null, revision: null } : splitName(id);
  if (!Object.hasOwn(BUILT_IN_CONFIGS, name.base)) return null;
  const released = BUILT_IN_CONFIGS[name.base]!;
  const precision = agreed(name.precision, options.precision ?? null);
  if (precision === 'contradiction') return null;
  const config = precision === null ? released : withPrecision(released, name, precision);
  return config && cardFromConfig(id, config, options);
}

/** One precision out of what the name states and what the row states; `fp4` gives way to the exact format. */
function agreed(
  stated: ServedPrecision | null,
  asked: ServedPrecision | null,
): ServedPrecision | null | 'contradiction' {
  if (stated === null || asked === null || stated === asked) return stated ?? asked;
  const fourBit = (precision: ServedPrecision): boolean => precision.endsWith('fp4');
  if (!fourBit(stated) || !fourBit(asked)) return 'contradiction';
  if (stated === 'fp4') return asked;
  return asked === 'fp4' ? stated : 'contradiction';
}

/**
 * A model's config with its weights in another precision, as such checkpoints are published.
 * @returns null where there is none
 */
export function withPrecision(
  released: BuiltInConfig,
  name: ModelName,
  precision: ServedPrecision,
): BuiltInConfig | null {
  const own = releasedPrecision(released);
  if (precision === own || (precision === 'fp4' && own === 'mxfp4')) return released;
  const { quantization_config: _, ...bare } = released;
  if (precision === 'bf16') return bare;
  // A model that was trained in four bits is not published in any other quantised format.
  if (own === 'mxfp4') return null;
  if (precision === 'fp8') return { ...bare, quantization_config: FP8_WEIGHTS };
  if (precision === 'mxfp4') return { ...bare, quantization_config: mxfp4Weights(name.base) };
  // Without a checkpoint's name the current one of NVIDIA is meant.
  const revision = name.precision === null ? 'v2' : name.revision;
  return { ...bare, quantization_config: nvfp4Weights(name.base, revision) };
}

function releasedPrecision(config: BuiltInConfig): ServedPrecision {
  const quantisation = config.quantization_config as { quant_method: 'fp8' | 'mxfp4' } | undefined;
  return quantisation?.quant_method ?? 'bf16';
}
