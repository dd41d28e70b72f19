import type { ModelCard } from '../model/card.ts';
import type { CellShape } from '../run/schema.ts';
import { routesTokens, samplingOf } from '../suite/sampling.ts';
import type { Protocol } from '../suite/schema.ts';

/**
 * The cells of a target with one more, where its model routes tokens to experts: its first anchor with the other kind of
 * prompt, right after the anchors, which shows whether the step time depends on what is read (`routing_sensitive`).
 */
export function withRoutingAnchor(
  cells: readonly CellShape[],
  protocol: Pick<Protocol, 'prompt' | 'temperature'>,
  card: ModelCard | null,
): CellShape[] {
  const anchor = cells.find(
    ({ kind, anchor, concurrency }) => kind === 'load' && anchor === 'start' && concurrency !== null,
  );
  if (anchor === undefined || !routesTokens(card)) return [...cells];
  const prompt = samplingOf(protocol, card).prompt === 'random_ids' ? 'text_ids' : 'random_ids';
  const last = cells.findLastIndex(({ anchor }) => anchor === 'start');
  return cells.toSpliced(last + 1, 0, { ...anchor, anchor: null, prompt });
}
