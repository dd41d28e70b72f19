import type { IncomingMessage } from 'node:http';
import { type ApiError, badRequest } from './answers.ts';

const MAX_BODY_BYTES = 64 * 2 ** 20;

/** Reads a JSON body; an ApiError in its place when it is too large or not JSON. */
export async function readJson(request: IncomingMessage): Promise<{ body: unknown } | { error: ApiError }> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > MAX_BODY_BYTES) {
      return { error: { ...badRequest(`the body is larger than ${MAX_BODY_BYTES} bytes`), status: 413 } };
    }
    parts.push(part as Buffer);
  }
  try {
    return { body: JSON.parse(Buffer.concat(parts).toString('utf8')) };
  } catch (error) {
    return { error: badRequest(`the body is not JSON: ${(error as Error).message}`) };
  }
}
