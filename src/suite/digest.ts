import { createHash } from 'node:crypto';
import { canonicalJson } from '../stats/canonical-json.ts';

/** `sha256:` and the hex digest of the canonical JSON of a value: equal for equal content, whatever the file looks like. */
export const digestOf = (content: unknown): string =>
  `sha256:${createHash('sha256').update(canonicalJson(content)).digest('hex')}`;
