import type { StepGaps } from '../roofline/gap-tail.ts';
import { gapsOfMix } from '../roofline/step-mix.ts';
import { promptsWithin, usableRoom } from '../roofline/step-rules.ts';
import { poissonQuantile } from '../stats/poisson.ts';
import { gapAt } from './gaps.ts';
import { decodeSteps, decodeTokens, decodeTokensAt, queueOf } from './phase-plans.ts';
import type { MixedSteps, PhaseSource } from './phase-source.ts';
import { HIGHEST_UTILISATION, type Statistic } from './queue.ts';
import type { SearchRules } from './rules.ts';
import { highestWithin, type QueuedService, type Service, serviceOf, sumAt, ttftAtRate } from './service.ts';
import { unluckySteps } from './unlucky.ts';
import { cachedOf, meanContext, type Objective, proposedSlots, type Workload } from './workload.ts';

/** A server of both phases at a TP size and a batch, before any limit. Rates are requests a second. */
export interface AggregatedServer {
  /** What it serves with its batch always full, and its prompts never late. */
  readonly most_requests_per_s: number;
  /** Of the time of the steps, what prompts add to them. */
  readonly prompt_share: number;
  tpotAt(statistic: Statistic): number;
  gapAt(statistic: Statistic): number;
  ttftAt(statistic: Statistic, requests_per_s: number): number;
  e2eAt(statistic: Statistic, requests_per_s: number): number;
  /** The highest rate at which TTFT stays within a limit; 0 where none does. */
  rateWithin(statistic: Statistic, limit_s: number): number;
}

/** Prompts before a server that decodes. */
interface PromptQueue {
  /** Seconds that one adds to the steps on average. */
  readonly prompt_s: number;
  readonly queue: QueuedService;
}

export function aggregatedServer(
  source: PhaseSource,
  tp: number,
  batch: number,
  workload: Workload,
  rules: SearchRules,
): AggregatedServer {
  const context = meanContext(workload);
  const steps = decodeSteps(workload, rules);
  const tokens = decodeTokens(workload, rules);
  const computed = workload.input - cachedOf(workload, workload.input);
  const together = Math.max(1, batch);
  const decode = source.decodeSeconds(tp, together, context);
  const queueBy = (by: MixedSteps): PromptQueue => {
    const prompts = serviceOf(workload, (input) => by.mixedPrefillSeconds(tp, together, context, input));
    const prompt_s = prompts.mean_s;
    // Prompts that are short enough share a step, and with it one round of the decodes.
    const held_s = prompt_s + decode / Math.max(1, promptsWithin(by.step_tokens, computed, by.whole_prompts));
    const own: Service = {
      mean_s: prompt_s + decode,
      cv2: prompts.cv2 * (prompt_s / (prompt_s + decode)) ** 2,
      at: (statistic) => prompts.at(statistic) + decode,
    };
    return { prompt_s, queue: queueOf(own, held_s, source, workload, rules) };
  };
  const means = queueBy(source);
  const { slow } = source;
  const steady = slow ?? source;
  // Percentiles are of the token budget that percentiles showed.
  const slowest = slow && slow.step_tokens !== source.step_tokens ? queueBy(slow) : means;
  const queueFor = (statistic: Statistic): QueuedService => (statistic === 'mean' ? means : slowest).queue;
  const queued = rules.queueing.kind === 'poisson';
  const tpotMean = decode * (steps / tokens) + (means.prompt_s * batch) / tokens;
  // The step that is planned already goes by without a request, where any is.
  const others = queued ? 1 - Math.exp(-batch) : Math.min(1, Math.max(0, batch - 1));
  const planned_s = source.plans_ahead ? others * tpotMean * (tokens / steps) : 0;
  const verified = together * (1 + proposedSlots(workload));
  const gaps = (): StepGaps =>
    gapsOfMix({
      pureSeconds: decode,
      promptSeconds: slowest.prompt_s,
      promptsPerStep: batch / steps,
      size: computed / Math.max(1, usableRoom(steady.step_tokens - verified, computed, steady.whole_prompts)),
    });
  const tpotBy = (statistic: Statistic): number => {
    const met = (slowest.prompt_s * (promptsMet(batch, statistic, rules) - batch)) / tokens;
    const unlucky = (tpotMean / steps) * unluckySteps(tokens, workload, statistic);
    return sumAt({ mean: tpotMean, at: tpotMean + met }, { mean: 0, at: unlucky });
  };
  const ttftBy = (statistic: Statistic, rate: number): number =>
    planned_s + ttftAtRate(queueFor(statistic), statistic, queued ? rate : 0);
  const full = (rules.utilisation.decode * batch) / (tokens * tpotMean);
  return {
    most_requests_per_s: queued ? Math.min(full, HIGHEST_UTILISATION / means.queue.held_s) : full,
    prompt_share: means.prompt_s / (means.prompt_s + (steps * decode) / together),
    tpotAt: tpotBy,
    gapAt: (statistic) => gapAt(source, tp, gaps(), statistic, tpotMean * (tokens / steps)),
    ttftAt: ttftBy,
    e2eAt: (statistic, rate) =>
      sumAt(
        { mean: ttftBy('mean', rate), at: ttftBy(statistic, rate) },
        {
          mean: tokens * tpotMean,
          at: decodeTokensAt(workload, rules, statistic) * tpotBy(statistic),
        },
      ),
    rateWithin: (statistic, limit_s) => {
      const queue = queueFor(statistic);
      if (queued) return highestWithin(queue, statistic, limit_s - planned_s) / queue.held_s;
      return ttftBy(statistic, 0) <= limit_s ? Number.POSITIVE_INFINITY : 0;
    },
  };
}

/** What an objective is on at a rate, s. */
export function latencyOf(
  server: AggregatedServer,
  { metric, statistic }: Pick<Objective, 'metric' | 'statistic'>,
  requests_per_s: number,
): number {
  switch (metric) {
    case 'ttft':
      return server.ttftAt(statistic, requests_per_s);
    case 'tpot':
      return server.tpotAt(statistic);
    case 'tbt':
      return server.gapAt(statistic);
    case 'e2e':
      return server.e2eAt(statistic, requests_per_s);
  }
}

/** Prompts that a request meets while it decodes: as many as others hold seats, Poisson-distributed under Poisson arrivals. */
function promptsMet(batch: number, statistic: Statistic, { queueing }: SearchRules): number {
  if (statistic === 'mean' || queueing.kind === 'none') return batch;
  return poissonQuantile(batch, statistic);
}
