import type { DataSheet } from '../data-sheet.ts';

export const OTHERS: readonly DataSheet[] = [
  {
    id: 'ascend-910c',
    name: 'Ascend 910C 128GB',
    vendor: 'Huawei',
    bf16_dense_tflops: 752,
    memory_gb_per_s: 3200,
    tdp_w: 600,
    price_usd: 23_000,
    notes: 'bf16 taken as half of int8 (1504 TOPS); no fp8. Memory nominal 128 GB.',
    sources: 'inference-margins (estimates)',
  },
  {
    id: 'tt-blackhole-p150',
    name: 'Blackhole p150',
    vendor: 'Tenstorrent',
    fp8_dense_tflops: 774,
    memory_gb_per_s: 437,
    link_gb_per_s: 400,
    tdp_w: 300,
    price_usd: 1400,
    notes: 'Bandwidth from firmware documentation; 512 GB/s nominal. Memory nominal 32 GB.',
    sources: 'vendor documentation',
  },
  {
    id: 'cpu-avx2-1core',
    name: 'One server CPU core with AVX2',
    vendor: 'generic x86',
    bf16_dense_tflops: 0.08,
    memory_gb_per_s: 12,
    notes:
      'Estimates, not a data sheet: bf16 is converted to fp32, of which two units of 8 multiply-adds near 2.5 GHz peak at 0.08 TFLOP/s; what one core can stream from memory. Host memory is shared, so no capacity is given.',
    sources: 'arithmetic from the instruction set; own estimate of one core’s bandwidth',
  },
  {
    id: 'cpu-avx512-1core',
    name: 'One server CPU core with AVX-512 BF16',
    vendor: 'generic x86',
    bf16_dense_tflops: 0.15,
    memory_gb_per_s: 12,
    notes:
      'Estimates, not a data sheet: 64 bf16 multiply-adds a cycle and port near 2.5 GHz peak at 0.15 to 0.3 TFLOP/s; what one core can stream from memory. Host memory is shared, so no capacity is given.',
    sources: 'arithmetic from the instruction set; own estimate of one core’s bandwidth',
  },
  {
    id: 'cpu-amx-1core',
    name: 'One server CPU core with AMX BF16',
    vendor: 'generic x86',
    bf16_dense_tflops: 2.7,
    memory_gb_per_s: 12,
    notes:
      'Estimates, not a data sheet: a tile product of 16 x 16 x 32 bf16 multiply-adds every 16 cycles near 2.6 GHz; what one core can stream from memory. Host memory is shared, so no capacity is given.',
    sources: 'arithmetic from the instruction set; own estimate of one core’s bandwidth',
  },
];
