import type { ModelCard } from './card.ts';

/** Bytes that a token's activations are read and written with between the GEMMs of all layers. */
export interface ActivationTraffic {
  /** Of vectors as wide as the model, which every device of a tensor-parallel group holds whole. */
  readonly whole: number;
  /** Of heads and of MLPs, which the devices share. */
  readonly sharded: number;
}

/**
 * Input and output of every GEMM and of the activation between up and down projection, by each layer once: queries, keys and
 * values 3·n_q·d + 2·n_kv·d, MLPs 6·f (6·k·f_e of experts), and 4·h (2·k·h more of experts). Widths of MLPs are what the
 * attention leaves of the card's parameters.
 * @returns null for MLA, whose low-rank projections a card does not list
 */
export function activationTraffic(card: ModelCard): ActivationTraffic | null {
  const { attention, layers, hidden_size: hidden, activation_bytes_per_element: bytes } = card;
  if (attention.kind === 'mla') return null;
  const heads = attention.query_heads * attention.head_size;
  const kvHeads = attention.kv_heads * attention.head_size;
  const projections = layers * hidden * (2 * heads + 2 * kvHeads);
  let mlp = -projections;
  let active = 0;
  for (const { name, parameters, experts_count = 1, experts_active = 1 } of card.weight_groups) {
    if (name === 'dense') mlp += parameters;
    if (name !== 'experts') continue;
    mlp += (parameters * experts_active) / experts_count;
    active = experts_active;
  }
  const widths = Math.max(0, mlp) / (3 * hidden);
  return {
    whole: bytes * layers * hidden * (4 + 2 * active),
    sharded: bytes * (layers * (3 * heads + 2 * kvHeads) + 6 * widths),
  };
}
