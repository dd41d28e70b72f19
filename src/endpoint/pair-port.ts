import type { LoadPort, RequestSpec } from '../load/port.ts';
import { firstTokenAt } from '../measure/latency.ts';
import type { RequestOutcome, RequestTimeline } from '../measure/timeline.ts';
import { createEndpointPort, type EndpointPortOptions } from './port.ts';
import { decodeBody, PrefillLeg, prefillBody, splitBody } from './prefill-leg.ts';
import { completionBody } from './request-body.ts';
import { newSession, requestId, Sender } from './sender.ts';

/** Where prompts go: this client hands them over, or a gateway does, which is told where where it wants to be. */
export type PrefillRoute =
  | { readonly by: 'client'; readonly url: string }
  | { readonly by: 'gateway'; readonly url: string | null };

export interface PairPortOptions extends EndpointPortOptions {
  readonly prefill: PrefillRoute;
}

/** A load port on two servers: prompts on one, answers from the other. Close it when no request is in flight. */
export interface PairPort extends LoadPort {
  /**
   * Time to the first token, s, of a prompt that the decode server has in its own prefix cache; null when it failed.
   * Sends the same request twice, without the prefill server: call it on idle servers.
   */
  localHit(inputTokens: number): Promise<number | null>;
  close(): Promise<void>;
}

/** The header by which a routing sidecar (llm-d) is told where a prompt is to be computed. */
const PREFILLER_HEADER = 'x-prefiller-host-port';

/**
 * A pair of servers with this client as the proxy between them, as NIXL's flow is: the prompt to the prefill server in one
 * piece with one output token, then, at once, the whole request to the decode server with the `kv_transfer_params` that
 * came back (none from connectors that share storage) and the same `x-request-id`. Through a gateway it is one request.
 * `options.url` is the decode server's or the gateway's.
 */
export function createPairPort(options: PairPortOptions): PairPort {
  const { now, at, close } = createEndpointPort(options);
  const session = newSession();
  const route = options.prefill;
  const sender = new Sender({ ...options, session, headers: routeHeaders(route) });
  const alone = new Sender(options);
  let locals = 0;
  const leg =
    route.by === 'client'
      ? new PrefillLeg({ ...options, url: route.url, timeoutSeconds: options.requestTimeoutSeconds })
      : null;
  const bodyOf = (spec: Omit<RequestSpec, 'sequence'>): string =>
    completionBody({ sequence: 0, ...spec }, options.prompts.next(spec.inputTokens), options);

  return {
    now,
    at,
    send: (spec, ended) =>
      leg === null
        ? sender.send(spec, bodyOf(spec), ended)
        : sendBoth(spec, bodyOf(spec), { leg, sender, now, id: requestId(session, spec.sequence) }, ended),
    async localHit(inputTokens) {
      const spec = localSpec(inputTokens, now());
      const body = bodyOf(spec);
      const send = (): Promise<RequestTimeline> =>
        new Promise((resolve) => void alone.send({ ...spec, sequence: locals++ }, body, resolve));
      await send();
      const hit = await send();
      const first = firstTokenAt(hit);
      return hit.outcome.state === 'completed' && first !== null ? first - hit.sent_s : null;
    },
    async close() {
      await Promise.all([sender.close(), alone.close(), leg?.close(), close()]);
    },
  };
}

function routeHeaders(route: PrefillRoute): Record<string, string> {
  return route.by === 'gateway' && route.url !== null ? { [PREFILLER_HEADER]: hostPort(route.url) } : {};
}

/** `host:port`, the port written out. */
function hostPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

const localSpec = (inputTokens: number, scheduledAt: number): Omit<RequestSpec, 'sequence'> => ({
  stream: 0,
  role: 'probe',
  inputTokens,
  outputTokens: 1,
  scheduledAt,
});

interface Legs {
  readonly leg: PrefillLeg;
  readonly sender: Sender;
  readonly id: string;
  now(): number;
}

/** One leg after the other; aborting ends whichever is on its way. */
function sendBoth(
  spec: RequestSpec,
  body: string,
  { leg, sender, id, now }: Legs,
  ended: (timeline: RequestTimeline) => void,
): () => void {
  const parts = splitBody(body);
  const sentAt = now();
  let aborted = false;
  let abortLeg = leg.send(prefillBody(parts), id, (end) => {
    const prefillEndedAt = now();
    if (aborted || end.state !== 'done') {
      const outcome = end.state === 'done' ? ({ state: 'aborted' } as const) : end;
      ended(withoutAnswer(spec, sentAt, prefillEndedAt, outcome));
      return;
    }
    abortLeg = sender.send(spec, decodeBody(parts, end), (timeline) =>
      ended({
        ...timeline,
        sent_s: sentAt,
        legs: { prefill_ended_s: prefillEndedAt, decode_sent_s: timeline.sent_s },
      }),
    );
  });
  return () => {
    aborted = true;
    abortLeg();
  };
}

/** A request that ended on the prefill server. */
const withoutAnswer = (
  spec: RequestSpec,
  sentAt: number,
  endedAt: number,
  outcome: RequestOutcome,
): RequestTimeline => ({
  sequence: spec.sequence,
  stream: spec.stream,
  role: spec.role,
  input_tokens: spec.inputTokens,
  output_tokens: spec.outputTokens,
  scheduled_s: spec.scheduledAt,
  sent_s: sentAt,
  first_byte_s: null,
  chunks: { at_s: [], tokens: [], bound_s: [] },
  usage: null,
  tokens_counted_by: 'server',
  ended_s: endedAt,
  outcome,
  first_choices_s: null,
});
