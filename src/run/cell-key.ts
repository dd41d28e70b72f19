import { digestOf } from '../suite/digest.ts';
import { type PromptKind, samplingOf, TEXT_EDITION } from '../suite/sampling.ts';
import type { Suite } from '../suite/schema.ts';
import type { CellShape, RunTarget } from './schema.ts';

/** What makes two cells the same measurement, besides their shape. */
export type KeyedTarget = Pick<
  RunTarget,
  'accelerator' | 'devices' | 'tensor_parallel' | 'engine' | 'model'
> &
  Partial<Pick<RunTarget, 'model_card' | 'prompts_digest' | 'definition'>>;

/**
 * Key of a cell: a digest over its target (accelerator, devices, TP, model), shape, load, repeat, place of an anchor,
 * protocol with stop rule, and engine. Where the target runs and whether the fit uses the cell are not part of it.
 * @returns 64 hex digits
 */
export function cellKey(
  target: KeyedTarget,
  cell: CellShape,
  suite: Pick<Suite, 'protocol' | 'stop'>,
): string {
  const { hold_out: _, kind, arrivals, ...closed } = cell;
  // Younger than the first runs, whose cells were all of one kind.
  const shape = {
    ...closed,
    ...(kind !== 'load' && { kind }),
    ...(arrivals !== null && { arrivals }),
  };
  // Younger than the first runs, and they change no measurement: they only say when a request, or a cell, counts as failed.
  const { stall_timeout_s: __, max_in_flight: ___, client_workers: ____, ...protocol } = suite.protocol;
  const sampling = samplingOf(protocol, target.model_card ?? null);
  const prompts = promptsOf(cell.prompt ?? sampling.prompt, target);
  return digestOf({
    target: {
      accelerator: target.accelerator?.id ?? null,
      devices: target.devices,
      tensor_parallel: target.tensor_parallel,
      model: target.model.id,
      ...(target.definition?.api === 'chat' && { api: 'chat' }),
    },
    cell: shape,
    protocol: { ...protocol, ...sampling, ...prompts },
    stop: suite.stop,
    engine: target.engine,
  }).replace('sha256:', '');
}

/** Which text prompts are made of, where they are made of one. */
function promptsOf(kind: PromptKind, { prompts_digest }: KeyedTarget): { prompts?: string | null } {
  if (kind === 'random_ids') return {};
  return { prompts: kind === 'lab_text' ? (prompts_digest ?? null) : TEXT_EDITION };
}
