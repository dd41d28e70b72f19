import { findAccelerator } from '../../accelerator/catalogue.ts';
import type { UniformDevice, UniformModel } from '../sources/uniform.ts';

const device = (
  id: string,
  gb: number,
  gbPerSecond: number,
  tflops: readonly [bf16: number, fp8: number],
  linkGbPerSecond: number,
): UniformDevice => ({
  accelerator: findAccelerator(id),
  memory_bytes: gb * 1e9,
  memory_bytes_per_s: gbPerSecond * 1e9,
  link_bytes_per_s: linkGbPerSecond * 1e9,
  flop_per_s: { 1: tflops[1] * 1e12, 2: tflops[0] * 1e12 },
});

/** The devices of the reference study with dense peaks and its own memory sizes, which are nominal. */
export const STUDY_DEVICES: readonly UniformDevice[] = [
  device('h100-sxm', 80, 3350, [989, 1979], 450),
  device('b200-sxm', 192, 8000, [2250, 4500], 900),
  device('gaudi3', 128, 3700, [1835, 1835], 525),
  device('mi300x', 192, 5300, [1307, 2615], 448),
];

const LLAMA_3_8B = { parameters: 8.03e9, layers: 32, hidden_size: 4096, kv_heads: 8, head_size: 128 };
const LLAMA_3_70B = { parameters: 70.6e9, layers: 80, hidden_size: 8192, kv_heads: 8, head_size: 128 };

/** The four models of the reference study. */
export const STUDY_MODELS: readonly UniformModel[] = [
  { name: '8B FP8', ...LLAMA_3_8B, bytes: 1 },
  { name: '8B FP16', ...LLAMA_3_8B, bytes: 2 },
  { name: '70B FP8', ...LLAMA_3_70B, bytes: 1 },
  { name: '70B FP16', ...LLAMA_3_70B, bytes: 2 },
];
