import type { Objective } from '../workload.ts';
import { GapMeter } from './gap-meter.ts';
import type { Requests } from './requests.ts';
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
  const tpot = (input: number, output: number): number => service.decodeSeconds(1, input + output / 2);
  const values: number[] = [];
  const gaps = new GapMeter();
  for (let request = 0; request < requests.count; request += 1) {
    const [input, output] = [requests.input[request]!, requests.output[request]!];
    switch (objective.metric) {
      case 'ttft':
        values.push(ttft(input));
        break;
      case 'tpot':
        if (output > 1) values.push(tpot(input, output));
        break;
      case 'tbt':
        gaps.add(service, { plain: tpot(input, output), prompts: 0, count: output - 1 });
        break;
      case 'e2e':
        values.push(ttft(input) + (output - 1) * tpot(input, output));
    }
  }
  return objective.metric === 'tbt' ? gaps.at(objective.statistic) : statisticOf(objective, values);
}

/** Longest prompt, and longest request, of a trace: tokens. */
export function longestOf({ count, input, output }: Requests): {
  readonly prompt: number;
  readonly request: number;
} {
  let [prompt, request] = [0, 0];
  for (let index = 0; index < count; index += 1) {
    prompt = Math.max(prompt, input[index]!);
    request = Math.max(request, input[index]! + output[index]!);
  }
  return { prompt, request };
}
