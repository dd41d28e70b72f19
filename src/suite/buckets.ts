import { z } from 'zod';

const size = z.int().min(0);
const bucket = z.tuple([size, size, size]);

/**
 * Shapes that a server computes in, each [batch, query tokens, KV blocks]: every step is padded up to one of them. KV blocks of a
 * prompt are those that it finds in the cache.
 */
export const bucketsSchema = z.strictObject({
  prompt: z.array(bucket).min(1),
  decode: z.array(bucket).min(1),
  block_size: z.int().min(1).default(128),
});
export type Buckets = z.infer<typeof bucketsSchema>;
export type Bucket = Buckets['prompt'][number];
