import type { Predicate } from './where.ts';

/** Settings of the engine that a file does not hold and the user knows. */
export interface EngineFacts {
  readonly max_num_batched_tokens?: number | undefined;
  readonly max_num_seqs?: number | undefined;
  readonly kv_capacity_tokens?: number | undefined;
  readonly kv_cache_dtype?: string | undefined;
  /** Batch sizes that CUDA graphs were captured for; empty: none were. */
  readonly graph_sizes?: readonly number[] | undefined;
}

/** What every format can be told. */
export interface ImportOptions {
  /** Name of the file, for messages and the record; default `rows`. */
  readonly file?: string | undefined;
  /** Digest of the file's bytes, `sha256:` and hex; default: of the text. */
  readonly digest?: string | undefined;
  /** Id of the run; default `import`. */
  readonly id?: string | undefined;
  /** ISO 8601; default: now. */
  readonly createdAt?: string | undefined;
  readonly toolVersion?: string | undefined;
  /** Conditions that rows must meet, see `parseWhere`. */
  readonly where?: readonly Predicate[] | undefined;
  /** Names of cleaning rules that are not applied. */
  readonly keep?: readonly string[] | undefined;
  /** Catalogue id, instead of what the rows say. */
  readonly accelerator?: string | undefined;
  /** Instead of what the rows say. */
  readonly engine?: { readonly name: string; readonly version: string | null } | undefined;
  readonly attribution?: string | undefined;
  /** Which statistic a fit compares with: default `mean`. */
  readonly statistic?: 'mean' | 'median' | undefined;
  /** The parsed config.json of the model, instead of a built-in card. */
  readonly modelConfig?: unknown;
  readonly settings?: EngineFacts | undefined;
}
