import type { ComputeFormat, WeightFormat } from './card.ts';
import type { ModelConfig, QuantisationConfig } from './config-schema.ts';

/** How weights of one kind are stored and multiplied. */
export interface Precision {
  readonly weight_format: WeightFormat;
  readonly bytes_per_parameter: number;
  readonly compute_format: ComputeFormat;
}

/** Checkpoints in float32 are served in two bytes (vLLM's `--dtype auto`), so this is what everything else is kept in. */
export const BF16: Precision = { weight_format: 'bf16', bytes_per_parameter: 2, compute_format: 'bf16' };

/** 32 four-bit values share an eight-bit scale: 17/32 byte. */
const MXFP4: Precision = { weight_format: 'mxfp4', bytes_per_parameter: 0.53125, compute_format: 'bf16' };
/** 16 four-bit values share an eight-bit scale: 9/16 byte. */
const NVFP4: Precision = { weight_format: 'nvfp4', bytes_per_parameter: 0.5625, compute_format: 'fp4' };

const AWQ_GROUP = 128;

/** Integer weights with a 2-byte scale and a zero point per group; they multiply in bf16. */
function integerWeights(bits: number, groupSize: number | null | undefined): Precision {
  const group = groupSize && groupSize > 0 ? groupSize : AWQ_GROUP;
  const scales = (2 + bits / 8) / group;
  return bits <= 4
    ? { weight_format: 'int4', bytes_per_parameter: bits / 8 + scales, compute_format: 'bf16' }
    : { weight_format: 'int8', bytes_per_parameter: 1 + scales, compute_format: 'bf16' };
}

function compressedTensors(quantisation: QuantisationConfig): Precision {
  const group = Object.values(quantisation.config_groups ?? {})[0];
  const bits = group?.weights?.num_bits ?? 8;
  const activationBits = group?.input_activations?.num_bits ?? 16;
  if (group?.weights?.type === 'float') {
    if (bits <= 4) return { ...NVFP4, compute_format: activationBits <= 4 ? 'fp4' : 'bf16' };
    return {
      weight_format: 'fp8',
      bytes_per_parameter: 1,
      compute_format: activationBits <= 8 ? 'fp8' : 'bf16',
    };
  }
  // Eight-bit integer matrix units run at the fp8 rate where both exist.
  if (bits === 8 && activationBits <= 8)
    return { weight_format: 'int8', bytes_per_parameter: 1, compute_format: 'fp8' };
  return integerWeights(bits, group?.weights?.group_size);
}

/** Precision of the quantised weights; null when the checkpoint is not quantised or its method is not known. */
export function quantisedPrecision(quantisation: QuantisationConfig | null | undefined): Precision | null {
  if (!quantisation) return null;
  switch (quantisation.quant_method ?? '') {
    case 'fp8':
    case 'fbgemm_fp8':
      return { weight_format: 'fp8', bytes_per_parameter: 1, compute_format: 'fp8' };
    case 'mxfp4':
      return MXFP4;
    case 'awq':
    case 'gptq':
      return integerWeights(quantisation.bits ?? quantisation.w_bit ?? 4, quantisation.group_size);
    case 'compressed-tensors':
      return compressedTensors(quantisation);
    case 'modelopt':
    case 'modelopt_fp4':
      return quantisation.quant_algo?.includes('FP4')
        ? NVFP4
        : { weight_format: 'fp8', bytes_per_parameter: 1, compute_format: 'fp8' };
    case 'quark':
      return quarkWeights(quantisation);
    default:
      return null;
  }
}

/** AMD Quark: one scheme for all layers; checkpoints that mix schemes by layer are not known. */
function quarkWeights({
  global_quant_config: scheme,
  layer_quant_config: byLayer,
}: QuantisationConfig): Precision | null {
  if (!scheme?.weight || Object.keys(byLayer ?? {}).length > 0) return null;
  const activations = scheme.input_tensors?.dtype ?? '';
  switch (scheme.weight.dtype) {
    case 'fp4':
      return { ...MXFP4, compute_format: activations === 'fp4' ? 'fp4' : 'bf16' };
    case 'fp8_e4m3':
      return {
        weight_format: 'fp8',
        bytes_per_parameter: 1,
        compute_format: activations.startsWith('fp8') ? 'fp8' : 'bf16',
      };
    default:
      return null;
  }
}

/** True when an entry of an ignore list (name, prefix, `*` wildcard, or `re:` pattern) covers a module. */
export function matchesModule(pattern: string, module: string): boolean {
  if (pattern.startsWith('re:')) {
    try {
      return new RegExp(`^(?:${pattern.slice(3)})`).test(module);
    } catch {
      return false;
    }
  }
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`(?:^|\\.)${escaped}(?:$|\\.)`).test(module);
}

/** Linear layers that checkpoints quantise or keep together, by module name inside a decoder layer. */
export type ModuleKind = 'mlp' | 'shared_expert' | 'experts';
const MODULES: Readonly<Record<ModuleKind, string>> = {
  mlp: 'mlp.down_proj',
  shared_expert: 'mlp.shared_experts.down_proj',
  experts: 'mlp.experts.0.down_proj',
};

/** Share of the decoder layers, 0 to 1, in which the checkpoint keeps this module unquantised. */
export function keptShare(config: ModelConfig, module: string): number {
  const quantisation = config.quantization_config;
  const patterns = [
    ...(quantisation?.modules_to_not_convert ?? []),
    ...(quantisation?.ignore ?? []),
    ...(quantisation?.exclude_modules ?? []),
    ...(quantisation?.exclude ?? []),
  ];
  if (patterns.length === 0) return 0;
  let kept = 0;
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    const name = `model.layers.${layer}.${module}`;
    if (patterns.some((pattern) => matchesModule(pattern, name))) kept += 1;
  }
  return kept / config.num_hidden_layers;
}

export const keptShareOf = (config: ModelConfig, kind: ModuleKind): number =>
  keptShare(config, MODULES[kind]);
