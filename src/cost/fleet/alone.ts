import type { Objective } from '../workload.ts';
import { GapMeter } from './gap-meter.ts';
import { computedOf, heldOf, type Requests } from './requests.ts';
import type { Service } from './service.ts';
import { type Reached, statisticOf } from './tally.ts';

/** The best that any server does on an objective with each request alone on it. */
export interface Alone extends Reached {
  readonly service: Service;
}

/** Objectives that no server meets even with every request alone: no fleet of any size does. */
export function missedAlone(
  requests: Requests,
  objectives: readonly Objective[],
  services: readonly Service[],
): Alone[] {
  return objectives.flatMap((objective) => {
    const best = services
      .map((service): Alone => ({ objective, service, seconds: aloneOn(service, requests, objective) }))
      .reduce((least, one) => (one.seconds < least.seconds ? one : least));
    return best.seconds <= objective.limit_s ? [] : [best];
  });
}

function aloneOn(service: Service, requests: Requests, objective: Objective): number {
  const { source, tp } = service;
  const ttft = (input: number): number => source.prefillSeconds(tp, 1, input) + service.request_overhead_s;
  const step = (input: number, output: number): number => service.decodeSeconds(1, input + output / 2);
  const values: number[] = [];
  const gaps = new GapMeter();
  for (let request = 0; request < requests.count; request += 1) {
    const [input, output] = [requests.input[request]!, requests.output[request]!];
    const steps = requests.steps[request]!;
    switch (objective.metric) {
      case 'ttft':
        values.push(ttft(input));
        break;
      case 'tpot':
        if (output > 1) values.push((steps / (output - 1)) * step(input, output));
        break;
      case 'tbt':
        gaps.add(service, { plain: step(input, output), prompts: 0, count: steps });
        break;
      case 'e2e':
        values.push(ttft(input) + steps * step(input, output));
    }
  }
  return objective.metric === 'tbt' ? gaps.at(objective.statistic) : statisticOf(objective, values);
}

/** The longest of a trace, tokens. */
export interface Longest {
  /** Prompt and answer of a request, as the model sees them. */
  readonly length: number;
  /** KV tokens of its own that a request takes, and a prompt alone. */
  readonly held: number;
  readonly computed: number;
  /** What all prompts share, of those that are long enough for the whole of it. */
  readonly cached: number;
}

export function longestOf(requests: Requests): Longest {
  const { count, input, output, cached } = requests;
  let longest = { length: 0, held: 0, computed: 0, cached: 0 };
  for (let request = 0; request < count; request += 1) {
    longest = {
      length: Math.max(longest.length, input[request]! + output[request]!),
      held: Math.max(longest.held, heldOf(requests, request)),
      computed: Math.max(longest.computed, computedOf(requests, request)),
      cached: Math.max(longest.cached, cached[request]!),
    };
  }
  return longest;
}
