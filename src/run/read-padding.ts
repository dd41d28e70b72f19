import { type Padding, type PaddingSource, sizesOf } from '../roofline/padding.ts';
import type { Buckets } from '../suite/buckets.ts';
import { bucketsSchema } from '../suite/buckets.ts';
import type { RunTarget } from './schema.ts';

/** What a server pads its steps to, all null where it is known to pad none, and where that was read. */
export interface ReadPadding extends Padding {
  readonly source: Exclude<PaddingSource, 'detected'>;
}

type Told = Pick<RunTarget, 'definition' | 'served' | 'settings' | 'graph_sizes'>;

/** Static shapes as the lab says them, else as the server's log does; null: neither says any. */
export function toldBuckets({
  definition,
  served,
  settings,
}: Told): { readonly buckets: Buckets; readonly source: ReadPadding['source'] } | null {
  if (definition?.buckets) return { buckets: definition.buckets, source: 'config' };
  const { prompt_buckets: prompt, decode_buckets: decode } = served?.log ?? {};
  const parsed = bucketsSchema.safeParse({
    prompt,
    decode,
    block_size: settings.block_size.value ?? undefined,
  });
  return parsed.success ? { buckets: parsed.data, source: 'log' } : null;
}

/** What a target's server pads to, as the lab, its log or its own page says; null: nobody says. */
export function readPadding(target: Told): ReadPadding | null {
  const told = toldBuckets(target);
  if (told) return { ...shapesOf(told.buckets), source: told.source };
  const { definition, served, graph_sizes: page } = target;
  const log = served?.log.graph_sizes ?? null;
  if (definition?.graph_sizes) return { ...graphsOf(definition.graph_sizes), source: 'config' };
  if (log !== null) return { ...graphsOf(log), source: 'log' };
  return page === undefined ? null : { ...graphsOf(page), source: 'config' };
}

/** Graphs do not see KV blocks. */
const UNUSED_BLOCK_SIZE = 16;

const graphsOf = (sizes: readonly number[]): Padding => ({
  batch: ascending(sizes),
  query: null,
  kv_blocks: null,
  block_size: UNUSED_BLOCK_SIZE,
});

/** A bucket is a shape of three sizes; each axis is padded on its own. */
const shapesOf = ({ prompt, decode, block_size }: Buckets): Padding =>
  sizesOf({
    batch: ascending(decode.map(([batch]) => batch)),
    query: ascending(prompt.map(([, tokens]) => tokens)),
    kv_blocks: ascending(decode.map(([, , blocks]) => blocks)),
    context_blocks: ascending(prompt.map(([, , blocks]) => blocks)),
    block_size,
  });

function ascending(sizes: readonly number[]): readonly number[] | null {
  const known = [...new Set(sizes)].filter((size) => size > 0).sort((a, b) => a - b);
  return known.length > 0 ? known : null;
}
