import type { DataSheet } from '../data-sheet.ts';

const vendor = 'Intel';

/** Gaudi scale-up: 21 of 24 Ethernet ports inside the node, one direction. */
export const INTEL: readonly DataSheet[] = [
  {
    id: 'gaudi2',
    name: 'Gaudi 2 OAM 96GB',
    vendor,
    bf16_dense_tflops: 432,
    fp8_dense_tflops: 865,
    memory_gb_per_s: 2460,
    memory_bytes: 103_079_215_104,
    link_gb_per_s: 262.5,
    tdp_w: 600,
    price_usd: 8125,
    notes: 'fp8 also given as 835. The driver reports 768 MiB in use when idle.',
    sources: 'vendor deck, Hot Chips 2024; memory: hl-smi; price: vendor list 2024, eight to a kit',
  },
  {
    id: 'gaudi3',
    name: 'Gaudi 3 OAM HL-325L 128GB',
    vendor,
    bf16_dense_tflops: 1835,
    fp8_dense_tflops: 1835,
    memory_gb_per_s: 3700,
    memory_bytes: 137_438_953_472,
    link_gb_per_s: 525,
    tdp_w: 900,
    price_usd: 12_500,
    notes:
      'bf16 also given as 1678; fp8 runs at the bf16 rate (3670 is listed, wrongly). 1200 W with liquid.',
    sources: 'vendor deck, Hot Chips 2024; memory: hl-smi; price: reseller average 2025',
  },
  {
    id: 'gaudi3-pcie',
    name: 'Gaudi 3 PCIe HL-338 128GB',
    vendor,
    bf16_dense_tflops: 1835,
    fp8_dense_tflops: 1835,
    memory_gb_per_s: 3700,
    link_gb_per_s: 300,
    tdp_w: 600,
    notes: 'Peaks of the OAM module; little is published. Memory nominal 128 GB.',
    sources: 'reseller pages',
  },
  {
    id: 'arc-b60',
    name: 'Arc Pro B60 24GB',
    vendor,
    bf16_dense_tflops: 98.3,
    memory_gb_per_s: 456,
    link_gb_per_s: 28.4,
    tdp_w: 200,
    notes: 'No native fp8. About half the memory bandwidth is reached in practice. Memory nominal 24 GB.',
    sources: 'aiconfigurator systems files',
  },
];
