import { expect, it } from 'vitest';
import { loadCell } from '../../scripts/recovery/load-cell.ts';
import { scheduledTails } from '../../src/roofline/scheduler/scheduled-tails.ts';
import { TAIL_QUANTILES } from '../../src/roofline/tails.ts';
import { quantile, sortSample } from '../../src/stats/sorted.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { card, device } from './factory.ts';

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

it.each([
  [512, 128, 8, 4, 0.6],
  [2048, 256, 24, 2, 0.7],
])(
  'percentiles of a server that speculates are those of its simulator: %i in, %i out, %i streams, %i tokens at %f',
  (input, output, concurrency, draftTokens, acceptance) => {
    const simulated = device({ speculation: { draftTokens, acceptance } });
    const { timelines } = loadCell(
      simulated,
      { kind: 'speculative', input, output, concurrency, kvFill: null, holdOut: false },
      protocolSchema.parse({}),
      stopSchema.parse({ min_s: 0, min_requests: 1500, max_requests: 1600, confidence_half_width: 0.001 }),
      1,
    );
    const measured = timelines
      .filter(({ outcome, role }) => role === 'load' && outcome.state === 'completed')
      // The first rounds are not steady yet.
      .sort((a, b) => a.sent_s - b.sent_s)
      .slice(4 * concurrency);
    const p99 = (values: readonly number[]): number => quantile(sortSample(values)!, 0.99);
    const seen = {
      tpot: p99(
        measured.map(({ chunks }) => (chunks.at_s.at(-1)! - chunks.at_s[0]!) / (sumOf(chunks.tokens) - 1)),
      ),
      tbt: p99(measured.flatMap(({ chunks }) => chunks.at_s.slice(1).map((at, i) => at - chunks.at_s[i]!))),
    };
    const tails = scheduledTails(card, simulated.parameters, simulated.settings, {
      inputTokens: input,
      outputTokens: output,
      concurrency,
      turnAroundSeconds: 0,
      driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
    })!;
    const at = TAIL_QUANTILES.indexOf(0.99);
    expect(Math.abs(tails.tpot!.quantiles[at]! / seen.tpot - 1)).toBeLessThan(0.03);
    expect(Math.abs(tails.tbt!.quantiles[at]! / seen.tbt - 1)).toBeLessThan(0.03);
    // What is accepted differs from request to request: the slowest are well above the mean.
    expect(tails.tpot!.quantiles[at]! / tails.tpot!.mean).toBeGreaterThan(1.05);
  },
);
