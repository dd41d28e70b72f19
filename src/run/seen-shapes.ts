import type { CellTask } from '../agent/protocol.ts';
import { NO_SIZES, type TouchSizes, unseenSizes } from '../plan/touch-sizes.ts';
import type { CellShape, RunTarget } from './schema.ts';

/** What one start of a server has been shown in this run. */
export class SeenShapes {
  readonly #shapes = new Set<string>();
  #sizes: TouchSizes = NO_SIZES;

  /** What a cell shows the server for the first time; from now on it has been shown. */
  show(
    cell: CellShape,
    target: Pick<RunTarget, 'simulator' | 'settings' | 'model'>,
  ): Pick<CellTask, 'first_of_shape' | 'touch_first' | 'touch_sizes'> {
    const shape = `${cell.input_tokens}/${cell.output_tokens}/${cell.concurrency ?? 'open'}`;
    const first = !this.#shapes.has(shape);
    this.#shapes.add(shape);
    const { simulator } = target;
    if (!first) return { first_of_shape: false, touch_first: false };
    // A simulated device compiles nothing, unless it is asked to behave as if it did.
    const compiles = simulator === null || simulator.effects.includes('stalls');
    return {
      first_of_shape: true,
      touch_first: simulator === null,
      ...(compiles && this.#unseen(cell, target)),
    };
  }

  #unseen(
    cell: CellShape,
    { settings, model }: Pick<RunTarget, 'settings' | 'model'>,
  ): Pick<CellTask, 'touch_sizes'> {
    const limits = {
      maxNumBatchedTokens: settings.max_num_batched_tokens.value,
      maxNumSeqs: settings.max_num_seqs.value,
      maxLengthTokens: model.max_length_tokens,
    };
    const { prompts, batch } = unseenSizes(cell, limits, this.#sizes);
    if (prompts.length === 0 && batch === 0) return {};
    this.#sizes = {
      prompts: [...this.#sizes.prompts, ...prompts],
      batch: Math.max(this.#sizes.batch, batch),
    };
    return { touch_sizes: { prompts: [...prompts], batch } };
  }
}
