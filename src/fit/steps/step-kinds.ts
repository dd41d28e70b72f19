import type { StepLoad } from '../../roofline/step-work.ts';

/** Steps that run the same kernels: those that only decode by batch size, others by their tokens. */
export type Kernel =
  | { readonly kind: 'decode'; readonly least: number; readonly most: number }
  | { readonly kind: 'prefill'; readonly least: number; readonly most: number };

export const kernelName = ({ kind, least, most }: Kernel): string => `${kind} ${least}-${most}`;

export const tokensOf = ({ prefills, decodes }: StepLoad): number =>
  prefills.reduce((sum, { tokens }) => sum + tokens, decodes);

/** (query, key) pairs of the prompts' pieces: what their attention grows with. */
export const pairsOf = ({ prefills }: StepLoad): number =>
  prefills.reduce((sum, { tokens, context }) => sum + tokens * (context + tokens / 2), 0);

/** Batch sizes that engines capture graphs for: 1, 2, 4, then multiples of 8. */
function batchKernel(decodes: number): [number, number] {
  if (decodes <= 2) return [decodes, decodes];
  if (decodes <= 4) return [3, 4];
  if (decodes <= 8) return [5, 8];
  const most = 8 * Math.ceil(decodes / 8);
  return [most - 7, most];
}

/** Kernels for prompts change with every doubling of their tokens or twice. */
function promptKernel(tokens: number): [number, number] {
  const half = Math.ceil(2 * Math.log2(tokens));
  return [Math.floor(2 ** ((half - 1) / 2)) + 1, Math.floor(2 ** (half / 2))];
}

export function kernelOf(load: StepLoad): Kernel {
  const kind = load.prefills.length === 0 ? 'decode' : 'prefill';
  const [least, most] = kind === 'decode' ? batchKernel(load.decodes) : promptKernel(tokensOf(load));
  return { kind, least, most };
}

const bin = (value: number, width: number): number =>
  value <= 0 ? -1 : Math.floor(Math.log(value) / Math.log(width));

/** Steps that are alike enough for their time to be straight in what they compute. */
export function alikeKey(load: StepLoad): string {
  const kernel = kernelName(kernelOf(load));
  if (load.prefills.length === 0) return `${kernel} ${bin(load.decodeContext, 1.25)}`;
  const tokens = tokensOf(load);
  return `${kernel} ${bin(tokens, 1.2)} ${bin(pairsOf(load) / tokens, 1.6)} ${bin(load.decodes, 2)}`;
}
