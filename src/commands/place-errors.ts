import type { Placement } from '../cost/place/evaluate.ts';
import type { PlacementAnswer } from '../cost/place/place.ts';
import type { PlacementProblem } from '../cost/place/problem.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { formatNumber } from '../report/format.ts';

/** `prefill on h100 (TP 4, batch 1), decode on gaudi3`. */
export const planInWords = ({ stages }: Placement): string =>
  stages
    .map(({ stage, option }) => `${stage} on ${option.place}${option.label ? ` (${option.label})` : ''}`)
    .join(', ');

/** Why there is no plan, and what comes closest. A limit that nothing meets is an answer, not bad input: exit 1. */
export function notPlaced(
  answer: Exclude<PlacementAnswer, { state: 'placed' }>,
  { limit, requests_per_s }: PlacementProblem,
  where: string,
): RidgeError {
  switch (answer.state) {
    case 'too_slow': {
      const { latency_s, usd } = answer.fastest;
      const [asked, got] = [limit!.seconds, latency_s].map((s) => formatNumber(1e3 * s, 4));
      return new RidgeError(`no plan takes at most ${asked} ms from end to end`, {
        where,
        exitCode: EXIT.refused,
        mend: `Closest: ${got} ms at $${formatNumber(usd)} a request: ${planInWords(answer.fastest)}.`,
      });
    }
    case 'too_few_devices': {
      const needs = answer.needs.map(
        ({ place, busy, devices }) => `${formatNumber(busy)} of ${devices} on ${place}`,
      );
      return new RidgeError(`the devices do not carry ${requests_per_s} requests/s`, {
        where,
        exitCode: EXIT.refused,
        mend: `The cheapest plan keeps busy: ${needs.join(', ')}.`,
      });
    }
    case 'unconnected':
      return new RidgeError('no links connect places at which all stages can run', {
        where,
        mend: "Add to links: { from: '*', to: '*', gb_per_s: 50 }, or one for each pair of places.",
      });
  }
}
