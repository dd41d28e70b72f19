import { Cluster, type ClusterOptions } from '../../../src/cost/fleet/cluster.ts';
import type { Services } from '../../../src/cost/fleet/fleet.ts';
import { drawMix, type Mix } from '../../../src/cost/fleet/mix.ts';
import { type Requests, requestsOf } from '../../../src/cost/fleet/requests.ts';
import { type Service, type ServiceDraw, serviceOf } from '../../../src/cost/fleet/service.ts';
import type { Choices } from '../../../src/cost/fleet/sized-fleet.ts';
import { objectivesOf } from '../../../src/cost/objectives.ts';
import type { Workload } from '../../../src/cost/workload.ts';
import { readFit } from '../../../src/fitfile/read.ts';
import type { Fit } from '../../../src/fitfile/schema.ts';
import { inPieces } from '../../../src/roofline/step-rules.ts';
import { AttentionWork } from '../../../src/roofline/step-work.ts';
import { NO_TRAITS } from '../../../src/roofline/tails.ts';
import { CARD, specOf } from '../devices.ts';

/** A fit of what a published run measured. */
export const h100 = await readFit('fits/h100-sxm/meta-llama-llama-3.1-70b/vllm-unknown-fp8.fit.json');

/** A server of plain numbers: 1 ms a prompt token, 10 ms a decode step, whatever they hold. */
export const plainServer = (own: Partial<Service> = {}): Service => ({
  label: 'plain',
  tp: 1,
  source: specOf('h100-sxm', 'plain').central,
  ...inPieces(1_000),
  seats: 64,
  kv_capacity_tokens: 1e6,
  request_overhead_s: 0,
  attention: new AttentionWork(CARD),
  traits: NO_TRAITS,
  stepSeconds: ({ tokens }) => 1e-3 * tokens,
  decodeSeconds: () => 10e-3,
  power: { idle_w: 100, stepWatts: () => 500 },
  ...own,
});

export const everywhere = <Value>(one: Value) => ({ prefill: one, decode: one, mixed: one, shared: one });

/** A server of a fit, for requests of about this length. */
export const serverOf = (
  fit: Fit,
  { tp = 4, draw = null, ...served }: Partial<Workload> & { tp?: number; draw?: ServiceDraw | null } = {},
): Service =>
  serviceOf(fit, { label: 'h100', tp, workload: { input: 4_096, output: 1_024, ...served } }, draw);

/** The same server in every pool, one TP size or several. */
export const servers = (tp = 4): Services => everywhere(serverOf(h100, { tp }));
export const choices = (sizes: readonly number[] = [4], usd_per_h = 1): Choices =>
  everywhere(sizes.map((tp) => ({ service: serverOf(h100, { tp }), usd_per_h })));

type Row = readonly [at: number, input: number, output: number];

export const columnsOf = (rows: readonly Row[]) => ({
  at_s: rows.map(([at]) => at),
  input_tokens: rows.map(([, input]) => input),
  output_tokens: rows.map(([, , output]) => output),
});

/** Requests as rows of arrival, prompt and answer. */
export const requestsAt = (...rows: readonly Row[]): Requests => requestsOf(columnsOf(rows));

export const drawn = (phases: readonly Omit<Mix['phases'][number], 'jitter'>[], seed = 1): Requests =>
  requestsOf(drawMix({ seed, phases: phases.map((phase) => ({ jitter: 0.3, ...phase })) }));

/** Long prompts, then long answers. */
export const changing = (seconds: number, rate_per_s: number, seed = 1): Requests =>
  drawn(
    [
      { seconds, rate_per_s, input: 6_000, output: 1_100 },
      { seconds, rate_per_s, input: 1_200, output: 3_000 },
    ],
    seed,
  );

/** A cluster in which caches move at once. */
export const clusterOf = (requests: Requests, own: Partial<ClusterOptions> = {}): Cluster =>
  new Cluster({
    requests,
    objectives: [],
    transfer: () => ({ exposed_s: 0, egress_s: 0 }),
    ...own,
  });

/** Objectives by their limits, ms. */
export const limitsOf = (limits: Parameters<typeof objectivesOf>[0]) => objectivesOf(limits);
