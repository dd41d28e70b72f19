import type { DataSheet } from '../data-sheet.ts';

const vendor = 'AMD';
const INFERENCEX = 'InferenceX gpu-specs';
const SMI = 'memory: rocm-smi and amd-smi';

/** Infinity Fabric one direction, sum over the seven peers. */
export const AMD: readonly DataSheet[] = [
  {
    id: 'mi300x',
    name: 'Instinct MI300X 192GB',
    vendor,
    bf16_dense_tflops: 1307,
    fp8_dense_tflops: 2615,
    memory_gb_per_s: 5300,
    memory_bytes: 206_141_652_992,
    link_gb_per_s: 448,
    tdp_w: 750,
    price_usd: 20_000,
    notes: 'Large buyers are reported to pay about half the price.',
    sources: `${INFERENCEX}; ${SMI}; price: reseller average 2025`,
  },
  {
    id: 'mi325x',
    name: 'Instinct MI325X 256GB',
    vendor,
    bf16_dense_tflops: 1307,
    fp8_dense_tflops: 2615,
    memory_gb_per_s: 6000,
    memory_bytes: 274_861_129_728,
    link_gb_per_s: 448,
    tdp_w: 1000,
    notes: 'TDP unconfirmed.',
    sources: `${INFERENCEX}; ${SMI}`,
  },
  {
    id: 'mi350x',
    name: 'Instinct MI350X 288GB',
    vendor,
    fp4_dense_tflops: 9225,
    memory_gb_per_s: 8000,
    link_gb_per_s: 576,
    tdp_w: 1000,
    notes: 'fp4 is half of a headline figure that is taken as sparse. Memory nominal 288 GB.',
    sources: 'tomshardware.com',
  },
  {
    id: 'mi355x',
    name: 'Instinct MI355X 288GB',
    vendor,
    bf16_dense_tflops: 2516,
    fp8_dense_tflops: 5033,
    fp4_dense_tflops: 10_066,
    memory_gb_per_s: 8000,
    memory_bytes: 309_220_868_096,
    link_gb_per_s: 576,
    tdp_w: 1400,
    price_usd: 25_000,
    notes: 'One article gives 22.1 TB/s, which is wrong.',
    sources: `${INFERENCEX}; ${SMI}; price: analyst estimate`,
  },
];
