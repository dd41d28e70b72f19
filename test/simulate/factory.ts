import type { Accelerator } from '../../src/accelerator/accelerator.ts';
import type { ModelCard } from '../../src/model/card.ts';
import type { RooflineParameters } from '../../src/roofline/parameters.ts';
import { createDevice, type DeviceOptions, type SimulatedDevice } from '../../src/simulate/device.ts';

export const accelerator: Accelerator = {
  id: 'test-accelerator',
  name: 'Test accelerator',
  vendor: 'test',
  bf16_flop_per_s: 1e15,
  fp8_flop_per_s: 2e15,
  fp4_flop_per_s: null,
  memory_bytes_per_s: 3e12,
  memory_bytes: 80e9,
  link_bytes_per_s: 450e9,
  tdp_w: 700,
  price_usd: null,
  notes: '',
  sources: '',
};

/** A dense 8 B model with grouped-query attention. */
export const card: ModelCard = {
  id: 'test/dense-8b',
  layers: 32,
  hidden_size: 4096,
  vocabulary_size: 128_256,
  attention: {
    kind: 'gqa',
    query_heads: 32,
    kv_heads: 8,
    head_size: 128,
    windowed_layers: 0,
    window_tokens: null,
  },
  weight_groups: [
    {
      name: 'dense',
      parameters: 6.98e9,
      bytes_per_parameter: 2,
      weight_format: 'bf16',
      compute_format: 'bf16',
      compute_ratio: 1,
    },
    {
      name: 'head',
      parameters: 0.525e9,
      bytes_per_parameter: 2,
      weight_format: 'bf16',
      compute_format: 'bf16',
      compute_ratio: 1,
    },
    {
      name: 'embedding',
      parameters: 0.525e9,
      bytes_per_parameter: 2,
      weight_format: 'bf16',
      compute_format: 'bf16',
      compute_ratio: 1,
    },
  ],
  precision: 'bf16',
  compute_format: 'bf16',
  kv_bytes_per_element: 2,
  activation_bytes_per_element: 2,
  max_length_tokens: 131_072,
};

export const parameters: RooflineParameters = {
  gemm_flop_per_s: 5.5e14,
  expert_flop_per_s: 5.5e14,
  memory_bytes_per_s: 2.4e12,
  attention_flop_per_s: 3.5e14,
  step_overhead_s: 2e-3,
  sequence_overhead_s: 3e-5,
  request_overhead_s: 2e-2,
  all_reduce_latency_s: 8e-6,
  link_bytes_per_s: 2.7e11,
};

export const device = (options: Partial<DeviceOptions> = {}): SimulatedDevice =>
  createDevice({ accelerator, card, parameters, effects: [], ...options });
