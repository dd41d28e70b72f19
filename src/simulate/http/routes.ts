import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { parseFault } from '../faults.ts';
import { handleKv } from '../kv/routes.ts';
import type { ServerState } from '../server-state.ts';
import { badRequest, sendError, sendJson } from './answers.ts';
import { chatText } from './completion-request.ts';
import { handleCompletion } from './completions.ts';
import { poseMetrics } from './pose-metrics.ts';
import { posePages } from './pose-pages.ts';
import { powerJson, trueEnergyJson } from './power-json.ts';
import { readJson } from './read-body.ts';
import { truthJson } from './truth-json.ts';

type Handler = (state: ServerState, incoming: IncomingMessage, response: ServerResponse) => unknown;

const routes: Record<string, Handler> = {
  'POST /v1/completions': handleCompletion,
  'POST /v1/chat/completions': handleCompletion,
  'GET /v1/models': (state, _incoming, response) => sendJson(response, 200, modelsJson(state)),
  'GET /health': (_state, _incoming, response) => response.writeHead(200).end(),
  'POST /tokenize': handleTokenize,
  'POST /ridge/faults': handleFaults,
  'POST /ridge/kv/read': handleKv('read'),
  'POST /ridge/kv/done': handleKv('done'),
  'GET /ridge/power': (state, _incoming, response) => sendJson(response, 200, powerJson(state)),
  'GET /ridge/power/energy': (state, incoming, response) =>
    sendJson(response, 200, trueEnergyJson(state, queryOf(incoming))),
  'GET /ridge/simulator': (state, _incoming, response) => sendJson(response, 200, truthJson(state)),
};

const queryOf = ({ url = '/' }: IncomingMessage): URLSearchParams =>
  new URL(url, 'http://localhost').searchParams;

/** Answers one HTTP request. */
export async function route(
  state: ServerState,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (incoming.url ?? '/').split('?')[0]!;
  if (!isAllowed(state, path, incoming)) return sendJson(response, 401, { error: 'Unauthorized' });
  const key = `${incoming.method} ${path}`;
  const handler = Object.hasOwn(routes, key) ? routes[key] : poseHandler(state, key);
  if (handler) {
    await handler(state, incoming, response);
    return;
  }
  const known = Object.keys(routes).some((name) => name.endsWith(` ${path}`));
  sendError(response, {
    status: known ? 405 : 404,
    type: known ? 'MethodNotAllowed' : 'NotFoundError',
    message: known ? 'Method Not Allowed' : 'Not Found',
    param: null,
  });
}

/** Pages and acts that differ from engine to engine. */
function poseHandler(state: ServerState, key: string): Handler | undefined {
  const { pose, devMode } = state;
  if (key === `GET ${pose.metricsPath}`) {
    return (_state, _incoming, response) =>
      response
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end(poseMetrics(state));
  }
  const flushPath = pose.engine === 'vllm' && devMode ? '/reset_prefix_cache' : pose.flushPath;
  if (flushPath !== null && key === `POST ${flushPath}`) {
    return (_state, _incoming, response) => {
      state.live.loop.engine.kv.forget();
      response.writeHead(200).end();
    };
  }
  const pages = posePages(state);
  const path = key.replace(/^GET /, '');
  if (!key.startsWith('GET ') || !Object.hasOwn(pages, path)) return undefined;
  return (_state, _incoming, response) => sendJson(response, 200, pages[path]);
}

/** As in vLLM, a key protects what is under /v1 only. */
function isAllowed(state: ServerState, path: string, incoming: IncomingMessage): boolean {
  if (state.apiKey === null || !path.startsWith('/v1')) return true;
  return incoming.headers.authorization === `Bearer ${state.apiKey}`;
}

const textSchema = z.union([
  z.object({ prompt: z.string() }).transform(({ prompt }) => prompt),
  z.object({ content: z.string() }).transform(({ content }) => content),
  z.object({ messages: z.unknown() }).transform(({ messages }) => chatText(messages) ?? ''),
]);

/** Tokens are bytes here. */
async function handleTokenize(
  { device }: ServerState,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const read = await readJson(incoming);
  const text = 'error' in read ? null : textSchema.safeParse(read.body);
  if (!text?.success) return sendError(response, badRequest('a prompt is needed'));
  const tokens = [...Buffer.from(text.data, 'utf8')];
  sendJson(response, 200, { count: tokens.length, max_model_len: device.maxLengthTokens, tokens });
}

/** Replaces the faults by a JSON list such as `["http-500:3"]`. */
async function handleFaults(
  state: ServerState,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const read = await readJson(incoming);
  if ('error' in read) return sendError(response, read.error);
  try {
    state.faults.replace(z.array(z.string()).parse(read.body).map(parseFault));
  } catch (error) {
    return sendError(response, badRequest((error as Error).message));
  }
  sendJson(response, 200, {});
}

function modelsJson({ device, pose }: ServerState): object {
  const { id } = device.card;
  return {
    object: 'list',
    data: [
      {
        id,
        object: 'model',
        created: Math.floor(Date.now() / 1000),
        owned_by: pose.ownedBy,
        root: id,
        parent: null,
        ...(pose.maxModelLength && { max_model_len: device.maxLengthTokens }),
      },
    ],
  };
}
