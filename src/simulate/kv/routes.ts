import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { badRequest, sendError, sendJson } from '../http/answers.ts';
import { readJson } from '../http/read-body.ts';
import type { ServerState } from '../server-state.ts';

const schema = z.object({ request: z.string() });

const missing = (message: string) => ({ status: 404, type: 'NotFoundError', message, param: null });

/** POST /ridge/kv/read and /ridge/kv/done: how a decode server reads leased blocks and gives them back. */
export const handleKv =
  (what: 'read' | 'done') =>
  async (state: ServerState, incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const read = await readJson(incoming);
    const parsed = schema.safeParse('error' in read ? null : read.body);
    if (!parsed.success) return sendError(response, badRequest('which request?'));
    const { request } = parsed.data;
    const { kv } = state;
    if (kv?.connector.fault === 'expired') kv.leases.expire(request);
    if (kv?.connector.fault === 'lost') kv.leases.release(request);
    const tokens = kv?.leases.tokensOf(request) ?? null;
    if (tokens === null) return sendError(response, missing(`no KV of ${request} here`));
    if (what === 'done') kv!.leases.release(request);
    sendJson(response, 200, { tokens });
  };
