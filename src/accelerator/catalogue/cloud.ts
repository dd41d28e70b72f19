import type { DataSheet } from '../data-sheet.ts';

const ESTIMATES = 'inference-margins (estimates)';

/** Accelerators that are rented, not sold. Inter-chip links one direction. */
export const CLOUD: readonly DataSheet[] = [
  {
    id: 'tpu-v5e',
    name: 'TPU v5e',
    vendor: 'Google',
    bf16_dense_tflops: 197,
    memory_gb_per_s: 819,
    link_gb_per_s: 200,
    notes: 'No fp8 (int8 393 TOPS). Memory nominal 16 GB; only rounded figures are published.',
    sources: 'vendor documentation',
  },
  {
    id: 'tpu-v6e',
    name: 'TPU v6e Trillium',
    vendor: 'Google',
    bf16_dense_tflops: 918,
    fp8_dense_tflops: 918,
    memory_gb_per_s: 1638,
    memory_bytes: 33_550_237_696,
    link_gb_per_s: 400,
    notes: 'fp8 at the bf16 rate. Memory is the limit of the runtime, not a driver total.',
    sources: 'vendor documentation; memory: vLLM usage statistics',
  },
  {
    id: 'tpu7x',
    name: 'TPU7x Ironwood',
    vendor: 'Google',
    bf16_dense_tflops: 2307,
    fp8_dense_tflops: 4614,
    memory_gb_per_s: 7370,
    link_gb_per_s: 600,
    tdp_w: 1000,
    price_usd: 35_000,
    notes: 'TDP and price are estimates; link unconfirmed. Memory nominal 192 GB.',
    sources: `vendor documentation; ${ESTIMATES}`,
  },
  {
    id: 'trn2',
    name: 'Trainium2',
    vendor: 'AWS',
    bf16_dense_tflops: 667,
    fp8_dense_tflops: 1299,
    memory_gb_per_s: 2900,
    link_gb_per_s: 640,
    tdp_w: 500,
    price_usd: 15_000,
    notes:
      'Older documentation: 655 and 1287. Link assumes that 1.28 TB/s counts both directions. Memory nominal 96 GB.',
    sources: `vendor documentation; price and TDP: ${ESTIMATES}`,
  },
  {
    id: 'trn3',
    name: 'Trainium3',
    vendor: 'AWS',
    fp8_dense_tflops: 2510,
    memory_gb_per_s: 4900,
    tdp_w: 800,
    price_usd: 20_000,
    notes: 'Estimates. Memory nominal 144 GB.',
    sources: ESTIMATES,
  },
];
