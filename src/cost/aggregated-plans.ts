import { gapsOfMix } from '../roofline/step-mix.ts';
import { countedQuantiles } from '../stats/counted-quantile.ts';
import { poissonQuantile } from '../stats/poisson.ts';
import { decodeBatches, decodeSteps, decodeTokens, decodeTokensAt, queueOf } from './phase-plans.ts';
import type { PhaseSource } from './phase-source.ts';
import { HIGHEST_UTILISATION, type Statistic } from './queue.ts';
import type { SearchRules } from './rules.ts';
import { highestWithin, type Service, serviceOf, sumAt, ttftAt } from './service.ts';
import { cachedOf, meanContext, type Objective, proposedSlots, type Workload } from './workload.ts';

/** A way of serving both phases on one server: prompts share steps with decodes, which wait for them. */
export interface AggregatedPlan {
  readonly tp: number;
  /** Requests together on average; below 1 the server waits for requests. */
  readonly batch: number;
  readonly requests_per_s: number;
  readonly ttft_mean_s: number;
  /** By the statistic of the objective that limits it. */
  readonly ttft_s: number;
  readonly tpot_mean_s: number;
  readonly tpot_s: number;
  /** Time between two tokens by the statistic of the objective on it; null where there is none. */
  readonly tbt_s: number | null;
  readonly device_seconds: number;
  /** Of the time of the steps, what prompts add to them; the rest is that of the answers. */
  readonly prompt_share: number;
}

/** Loads of a server that is idle at times: a limit that one more prompt would break can still be met. */
const SPARSE_BATCHES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75];

/**
 * Aggregated serving of one device by TP size and batch, as it meets the objectives. A request's residence meets as many
 * prompts as there are other requests, each of which stretches it by the time that it adds to a step; prompts queue as
 * in M/D/c, for one server or for as many as share a queue.
 */
export function aggregatedPlans(
  source: PhaseSource,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): AggregatedPlan[] {
  const sparse = rules.queueing.kind === 'poisson' ? SPARSE_BATCHES : [];
  return source.tp_sizes.flatMap((tp) =>
    [...sparse, ...decodeBatches(source, tp, workload, rules)].flatMap((batch): AggregatedPlan[] => {
      const plan = planOf(source, tp, batch, workload, objectives, rules);
      return plan === null ? [] : [plan];
    }),
  );
}

function planOf(
  source: PhaseSource,
  tp: number,
  batch: number,
  workload: Workload,
  objectives: readonly Objective[],
  rules: SearchRules,
): AggregatedPlan | null {
  const context = meanContext(workload);
  const steps = decodeSteps(workload, rules);
  const together = Math.max(1, batch);
  const decode = source.decodeSeconds(tp, together, context);
  const prompts = serviceOf(workload, (input) => source.mixedPrefillSeconds(tp, together, context, input));
  const prompt = prompts.mean_s;
  const tokens = decodeTokens(workload, rules);
  const tpotAt = (statistic: Statistic): number =>
    decode * (steps / tokens) + (prompt * promptsMet(batch, statistic, rules)) / tokens;
  const tpotMean = tpotAt('mean');
  const full = (rules.utilisation.decode * batch) / (tokens * tpotMean);
  // Prompts that are short enough share a step, and with it one round of the decodes.
  const computed = workload.input - cachedOf(workload, workload.input);
  const service = prompt + decode / Math.max(1, Math.floor(source.step_tokens / computed));
  const own: Service = {
    mean_s: prompt + decode,
    cv2: prompts.cv2 * (prompt / (prompt + decode)) ** 2,
    at: (statistic) => prompts.at(statistic) + decode,
  };
  const queue = queueOf(own, service, source, workload, rules);
  const queued = rules.queueing.kind === 'poisson';
  let utilisation = queued ? Math.min(HIGHEST_UTILISATION, full * service) : 0;
  for (const { metric, statistic, limit_s } of objectives) {
    if (metric !== 'ttft') continue;
    if (own.at(statistic) + queue.overhead_s > limit_s) return null;
    if (queued) utilisation = Math.min(utilisation, highestWithin(queue, statistic, limit_s));
  }
  const rate = queued ? Math.min(full, utilisation / service) : full;
  if (!(rate > 0)) return null;
  const ttft = (statistic: Statistic): number => ttftAt(queue, statistic, utilisation);
  const e2e = (statistic: Statistic): number =>
    sumAt(
      { mean: ttft('mean'), at: ttft(statistic) },
      { mean: tokens * tpotMean, at: decodeTokensAt(workload, rules, statistic) * tpotAt(statistic) },
    );
  const gapBy = (statistic: Statistic): number =>
    gapAt({ source, batch, workload }, decode, prompt, steps, statistic);
  const gap = objectives.find(({ metric }) => metric === 'tbt') ?? null;
  const late = objectives.some(
    ({ metric, statistic, limit_s }) =>
      (metric === 'tpot' && tpotAt(statistic) > limit_s) ||
      (metric === 'e2e' && e2e(statistic) > limit_s) ||
      (metric === 'tbt' && gapBy(statistic) > limit_s),
  );
  if (late) return null;
  const asked = (metric: Objective['metric']): Statistic =>
    objectives.find((one) => one.metric === metric)?.statistic ?? 'mean';
  return {
    tp,
    batch,
    requests_per_s: rate,
    ttft_mean_s: ttft('mean'),
    ttft_s: ttft(asked('ttft')),
    tpot_mean_s: tpotMean,
    tpot_s: tpotAt(asked('tpot')),
    tbt_s: gap === null ? null : gapBy(gap.statistic),
    device_seconds: tp / rate,
    prompt_share: prompt / (prompt + (steps * decode) / together),
  };
}

/** A server as its gaps between tokens depend on it. */
interface Decoding {
  readonly source: PhaseSource;
  readonly batch: number;
  readonly workload: Workload;
}

/** A gap between tokens by a statistic, s, from the mix of steps: decodes alone, and now and then with prompts of the others. */
function gapAt(
  { source, batch, workload }: Decoding,
  decode: number,
  prompt: number,
  steps: number,
  statistic: Statistic,
): number {
  const verified = Math.max(1, batch) * (1 + proposedSlots(workload));
  const budget = Math.max(1, source.step_tokens - verified);
  const { plain, prompts, counts } = gapsOfMix({
    pureSeconds: decode,
    promptSeconds: prompt,
    promptsPerStep: batch / steps,
    size: (workload.input - cachedOf(workload, workload.input)) / budget,
  });
  const values = plain.map((seconds, i) => seconds + prompts[i]!);
  if (statistic !== 'mean') return countedQuantiles({ values, counts }, [statistic])[0]!;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return values.reduce((sum, seconds, i) => sum + (seconds * counts[i]!) / total, 0);
}

/** Prompts that a request meets while it decodes: as many as others hold seats, Poisson-distributed under Poisson arrivals. */
function promptsMet(batch: number, statistic: Statistic, { queueing }: SearchRules): number {
  if (statistic === 'mean' || queueing.kind === 'none') return batch;
  return poissonQuantile(batch, statistic);
}
