import type { DataSheet } from '../data-sheet.ts';

const vendor = 'NVIDIA';
const SHEET = 'vendor data sheet';
const AIC = 'aiconfigurator systems files';
const SMI = 'memory: nvidia-smi';

/** Cards in a PCIe slot: dense peaks; the link is the slot's, one direction. */
export const NVIDIA_PCIE: readonly DataSheet[] = [
  {
    id: 'h100-pcie',
    name: 'H100 PCIe 80GB',
    vendor,
    bf16_dense_tflops: 756,
    fp8_dense_tflops: 1513,
    memory_gb_per_s: 2000,
    memory_bytes: 85_520_809_984,
    link_gb_per_s: 64,
    tdp_w: 350,
    notes: 'fp8 taken as twice bf16. Link is PCIe; an optional NVLink bridge has 300 GB/s one direction.',
    sources: `${SHEET}; ${AIC}; ${SMI}`,
  },
  {
    id: 'a40',
    name: 'A40 48GB',
    vendor,
    bf16_dense_tflops: 149.7,
    memory_gb_per_s: 696,
    link_gb_per_s: 32,
    tdp_w: 300,
    price_usd: 3000,
    notes:
      'Memory nominal 48 GB, driver figure not published. Half the peak is listed in places (TF32 class).',
    sources: `${SHEET}; vidur device configs; price: reseller average 2025`,
  },
  {
    id: 'l40s',
    name: 'L40S 48GB',
    vendor,
    bf16_dense_tflops: 362.05,
    fp8_dense_tflops: 733,
    memory_gb_per_s: 864,
    memory_bytes: 48_305_799_168,
    link_gb_per_s: 32,
    tdp_w: 350,
    notes: 'Listed elsewhere with sparse peaks (bf16 733, fp8 1466). Memory with ECC on.',
    sources: `${SHEET}; ${AIC}; ${SMI}`,
  },
  {
    id: 'l4',
    name: 'L4 24GB',
    vendor,
    bf16_dense_tflops: 121,
    fp8_dense_tflops: 242,
    memory_gb_per_s: 300,
    memory_bytes: 24_152_899_584,
    link_gb_per_s: 32,
    tdp_w: 72,
    notes: 'Memory with ECC on.',
    sources: `${SHEET}; ${AIC}; ${SMI}`,
  },
  {
    id: 'rtx-pro-6000-server',
    name: 'RTX PRO 6000 Blackwell Server 96GB',
    vendor,
    bf16_dense_tflops: 467.8,
    fp8_dense_tflops: 935.6,
    fp4_dense_tflops: 1871.2,
    memory_gb_per_s: 1792,
    link_gb_per_s: 64,
    tdp_w: 600,
    price_usd: 8565,
    notes:
      'Bandwidth of the workstation card; 1597 GB/s is quoted for the server edition. Memory nominal 96 GB.',
    sources: `${AIC}; price: list`,
  },
  {
    id: 'rubin-cpx',
    name: 'Rubin CPX 128GB',
    vendor,
    fp4_dense_tflops: 20_000,
    memory_gb_per_s: 2000,
    link_gb_per_s: 128,
    tdp_w: 800,
    notes: 'Only fp4 is announced (30 PFLOP/s sparse, about 20 dense); no NVLink; TDP unconfirmed.',
    sources: 'SemiAnalysis 2025-09; awesomeagents.ai',
  },
];
