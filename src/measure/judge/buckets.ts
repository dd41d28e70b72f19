import { bucketFor, decodingTimes } from '../buckets.ts';
import { asPercent, type Judge, reason } from './case.ts';

/** A batch that leaves its bucket is computed at another size: the window mixes two latencies. */
export const judgeBuckets: Judge = ({ evidence, window, thresholds }) => {
  const { buckets, timelines } = evidence;
  if (buckets === undefined) return null;
  const seconds = new Map<number | null, number>();
  let total = 0;
  for (const [batch, spent] of decodingTimes(timelines, window)) {
    if (batch === 0) continue;
    const padded = bucketFor(buckets.decode, [batch, 1, 0])?.[0] ?? null;
    seconds.set(padded, (seconds.get(padded) ?? 0) + spent);
    total += spent;
  }
  const [main] = [...seconds].sort((a, b) => b[1] - a[1]);
  if (main === undefined) return null;
  const outside = 1 - main[1] / total;
  const limit = thresholds.bucket_changed_share;
  if (outside <= limit) return null;
  const sizes = [...seconds.keys()].map((size) => size ?? 'none').join(', ');
  const message = `${asPercent(outside)} of the time in another batch bucket than ${main[0] ?? 'none'} (seen: ${sizes})`;
  return reason('bucket_changed', 'flagged', 'use', message, outside, limit);
};
