import { RidgeError } from '../errors.ts';
import { attentionOf, attentionProjections, expertsOf, isTied, mlpParameters } from './architecture.ts';
import type { ComputeFormat, ModelCard, WeightGroup } from './card.ts';
import { type ModelConfig, modelConfigSchema, withCommonKeys } from './config-schema.ts';
import {
  BF16,
  keptShare,
  keptShareOf,
  type ModuleKind,
  type Precision,
  quantisedPrecision,
} from './quantisation.ts';

/** What the server says about itself and the checkpoint does not decide. */
export interface CardOverrides {
  /** vLLM's `cache_dtype`: `auto`, `fp8`, `fp8_e4m3`, `bfloat16`, … */
  readonly kvCacheDtype?: string | null | undefined;
  readonly maxLengthTokens?: number | null | undefined;
}

/** Matrix throughput by format relative to bf16, used where an accelerator's peak is not known. */
export const RULE_COMPUTE_RATIO: Readonly<Record<ComputeFormat, number>> = {
  fp32: 0.5,
  bf16: 1,
  fp8: 2,
  fp4: 4,
};

/**
 * Model card from a Hugging Face `config.json`: dense, GQA, sliding-window, MLA and MoE models, quantised or not.
 * Parameters follow the projection sizes (performance-model section 2.1); biases, norms and multi-token-prediction
 * modules are not counted.
 * @param id what to call the model, usually its served id
 * @param config the parsed JSON of the file
 * @throws RidgeError (exit 2) naming the key that is missing or wrong
 */
export function cardFromConfig(id: string, config: unknown, overrides: CardOverrides = {}): ModelCard {
  const parsed = parseConfig(id, config);
  const groups = weightGroups(id, parsed);
  const dense = groups.find((group) => group.name === 'dense')!;
  const largest = groups.reduce((a, b) => (b.parameters > a.parameters ? b : a));
  return {
    id,
    layers: parsed.num_hidden_layers,
    hidden_size: parsed.hidden_size,
    vocabulary_size: parsed.vocab_size,
    attention: attentionOf(parsed),
    weight_groups: groups.map((group) => ({
      ...group,
      compute_ratio: RULE_COMPUTE_RATIO[group.compute_format] / RULE_COMPUTE_RATIO[dense.compute_format],
    })),
    precision: largest.weight_format,
    compute_format: dense.compute_format,
    kv_bytes_per_element: kvBytes(parsed, overrides.kvCacheDtype),
    activation_bytes_per_element: 2,
    max_length_tokens: overrides.maxLengthTokens ?? parsed.max_position_embeddings ?? null,
  };
}

function parseConfig(id: string, config: unknown): ModelConfig {
  const parsed = modelConfigSchema.safeParse(textConfig(config));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RidgeError(`config.json of '${id}': ${issue?.path.join('.') || 'file'}: ${issue?.message}`, {
    mend: 'Give the config.json of a decoder model in the Hugging Face layout.',
  });
}

/** Multimodal checkpoints keep the language model under `text_config`. */
function textConfig(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return config;
  const inner = 'text_config' in config ? config.text_config : null;
  return withCommonKeys(typeof inner === 'object' && inner !== null ? { ...config, ...inner } : config);
}

function weightGroups(id: string, config: ModelConfig): WeightGroup[] {
  const quantised = quantisedPrecision(config.quantization_config);
  if (config.quantization_config && !quantised) {
    throw new RidgeError(
      `config.json of '${id}': quant_method '${config.quantization_config.quant_method ?? 'none'}' is not known`,
      { mend: 'Known: fp8, fbgemm_fp8, mxfp4, awq, gptq, compressed-tensors, modelopt, quark.' },
    );
  }
  const experts = expertsOf(config);
  const layers = config.num_hidden_layers;
  const h = config.hidden_size;
  const dense = new Pool();
  const split = (pool: Pool, kept: number, parameters: number): void => {
    pool.add(BF16, quantised ? parameters * kept : parameters);
    if (quantised) pool.add(quantised, parameters * (1 - kept));
  };
  const add = (pool: Pool, kind: ModuleKind, parameters: number): void =>
    split(pool, keptShareOf(config, kind), parameters);
  for (const { name, parameters } of attentionProjections(config)) {
    split(dense, keptShare(config, `self_attn.${name}`), layers * parameters);
  }
  const denseLayers = layers - (experts?.layers ?? 0);
  add(dense, 'mlp', denseLayers * mlpParameters(config, config.intermediate_size ?? 4 * h));
  const groups: WeightGroup[] = [];
  if (experts) {
    add(dense, 'shared_expert', experts.layers * experts.sharedParameters);
    // Routers stay unquantised in every engine.
    dense.add(BF16, experts.layers * h * experts.count);
    const routed = new Pool();
    add(routed, 'experts', experts.layers * experts.count * experts.parameters);
    groups.push(
      ...routed
        .groups('experts')
        .map((group) => ({ ...group, experts_count: experts.count, experts_active: experts.active })),
    );
  }
  const head = quantised && config.quantization_config?.lm_head === true ? quantised : BF16;
  const output = new Pool();
  output.add(head, config.vocab_size * h);
  const result = [...dense.groups('dense'), ...groups, ...output.groups('head')];
  if (isTied(config)) return result;
  const embedding = new Pool();
  embedding.add(BF16, config.vocab_size * h);
  return [...result, ...embedding.groups('embedding')];
}

/** Parameters of one group by the precision they are kept in. */
class Pool {
  readonly #parts = new Map<string, { precision: Precision; parameters: number }>();

  add(precision: Precision, parameters: number): void {
    if (parameters <= 0) return;
    const part = this.#parts.get(precision.weight_format);
    if (part) part.parameters += parameters;
    else this.#parts.set(precision.weight_format, { precision, parameters });
  }

  /** One weight group per precision, the largest first. `compute_ratio` is set by the caller. */
  groups(name: WeightGroup['name']): WeightGroup[] {
    return [...this.#parts.values()]
      .sort((a, b) => b.parameters - a.parameters)
      .map(({ precision, parameters }) => ({ name, parameters, ...precision, compute_ratio: 1 }));
  }
}

function kvBytes(config: ModelConfig, dtype: string | null | undefined): number {
  if (dtype && dtype !== 'auto') {
    if (/fp8|int8|float8/.test(dtype)) return 1;
    return /32/.test(dtype) ? 4 : 2;
  }
  return config.quantization_config?.kv_cache_scheme?.num_bits === 8 ? 1 : 2;
}
