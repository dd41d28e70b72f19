import type { EndpointIdentity } from '../endpoint/identity.ts';
import {
  createPairPort,
  type PairPort,
  type PairPortOptions,
  type PrefillRoute,
} from '../endpoint/pair-port.ts';
import { EXIT, RidgeError } from '../errors.ts';
import type { PairEvidence } from '../measure/evidence.ts';
import { accessOf } from './identify.ts';
import type { AgentTarget, CellTask } from './protocol.ts';
import { requireIdle } from './require-idle.ts';
import { ServerWatch } from './server-watch.ts';

/** A pair of servers, ready for a cell. */
export interface OpenPair {
  readonly port: PairPort;
  /** What only the pair shows; call it when the cell is over. */
  evidence(): Promise<PairEvidence>;
}

/** Local hits that the transfer's time is taken against. */
const LOCAL_HITS = 5;
/** vLLM's own default, where the server does not say it. */
const BLOCK_SIZE = 16;

/**
 * Makes a pair of servers ready: waits for an idle prefill server, sends one request through both, which pays the
 * handshake and is not measured, and takes the decode server's time for prompts that it has itself.
 * @throws RidgeError (exit 3) when the target is no pair, or its prefill server is busy with others
 */
export async function openPair(
  target: AgentTarget,
  endpoint: EndpointIdentity,
  task: CellTask,
  options: Omit<PairPortOptions, 'prefill'>,
): Promise<OpenPair> {
  const prefill = routeOf(target);
  const watch =
    prefill.url === null ? null : new ServerWatch({ ...accessOf(target), url: prefill.url }, '/metrics');
  if (watch !== null) await requireIdle(watch, prefill.url!);
  const port = createPairPort({ ...options, prefill });
  try {
    await warm(port, task);
    const localHits_s = hitsLocally(prefill, endpoint) ? await localHits(port, task) : [];
    await watch?.take('before');
    return { port, evidence: async () => ({ localHits_s, ...(await ofPrefill(watch, endpoint)) }) };
  } catch (error) {
    await port.close();
    throw error;
  }
}

function routeOf({ prefill, url }: AgentTarget): PrefillRoute {
  if (prefill?.by === 'gateway') return { by: 'gateway', url: prefill.url ?? null };
  if (prefill?.url !== undefined) return { by: 'client', url: prefill.url };
  throw new RidgeError('disaggregated cells need a pair of servers', {
    exitCode: EXIT.failed,
    where: url,
    mend: 'Say where prompts are computed: prefill: { url: http://... } under the target in the lab file.',
  });
}

/** A gateway that chooses by itself cannot be kept from the prefill server; without a prefix cache there is no hit. */
const hitsLocally = ({ url }: PrefillRoute, { prefix_caching }: EndpointIdentity): boolean =>
  url !== null && prefix_caching !== false;

/** What becomes of it shows in the cell's own requests. */
const warm = (port: PairPort, task: CellTask): Promise<unknown> =>
  new Promise((resolve) => {
    const { input_tokens: inputTokens, output_tokens: outputTokens } = task;
    // Far from the numbers of the cell's own requests, whose ids go to the same servers.
    const sequence = 2 ** 31 - 1;
    const spec = { sequence, stream: 0, role: 'probe', inputTokens, outputTokens } as const;
    port.send({ ...spec, scheduledAt: port.now() }, resolve);
  });

async function localHits(port: PairPort, task: CellTask): Promise<number[]> {
  const hits: number[] = [];
  // The first one may compile kernels that no cell has needed yet.
  await port.localHit(task.input_tokens);
  for (let hit = 0; hit < LOCAL_HITS; hit += 1) {
    const seconds = await port.localHit(task.input_tokens);
    if (seconds !== null) hits.push(seconds);
  }
  return hits;
}

async function ofPrefill(
  watch: ServerWatch | null,
  { block_size }: EndpointIdentity,
): Promise<Omit<PairEvidence, 'localHits_s'>> {
  await watch?.take('after');
  const { wholeCell } = (await watch?.evidence(0)) ?? { wholeCell: null };
  return {
    expiredOnPrefill: wholeCell?.delta.kv_transfer?.expired ?? null,
    blockSize: block_size ?? BLOCK_SIZE,
  };
}
