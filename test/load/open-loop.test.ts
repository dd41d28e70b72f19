import { describe, expect, test } from 'vitest';
import { createVirtualPort } from '../../src/simulate/virtual-port.ts';
import { device } from '../simulate/factory.ts';
import { FakeEngine, H100_LIKE } from './fake-engine.ts';
import { judgeOpen, measuredOf, type OpenFacts, runOpen } from './run-open.ts';

const simulated = () => createVirtualPort(device());
/** Requests of 1024 and 128 tokens that this device finishes in a second at most, by its closed loop of 256 streams. */
const CAPACITY = 23.8;
const SHORT: OpenFacts = { stop: { max_requests: 200 } };
const at = (load: number, facts: OpenFacts = {}): OpenFacts => ({
  ...facts,
  arrivals: { rate_per_s: load * CAPACITY, ...facts.arrivals },
});

describe('an open loop', () => {
  test('sends every request when it is due, whatever is in flight, and measures those of the window', () => {
    const result = runOpen(simulated(), at(0.6, SHORT));
    const load = result.timelines.filter(({ role }) => role !== 'probe');
    expect(load.every(({ sent_s, scheduled_s }) => sent_s === scheduled_s)).toBe(true);
    const measured = measuredOf(result);
    expect(measured.every(({ outcome }) => outcome.state === 'completed')).toBe(true);
    expect(result.window!.opened_s).toBeGreaterThan(2 * result.residence_s * 0.5);
    // Every request is a stream of its own: nobody waits for an answer.
    expect(new Set(load.map(({ stream }) => stream)).size).toBe(load.length);
  });

  test('has the same schedule for the same seed, and goes on with fillers until the last sample is in', () => {
    const one = runOpen(simulated(), at(0.5, { ...SHORT, seed: 3 }));
    expect(runOpen(simulated(), at(0.5, { ...SHORT, seed: 3 })).timelines).toEqual(one.timelines);
    const fillers = one.timelines.filter(({ role }) => role === 'filler');
    const last = Math.max(...measuredOf(one).map(({ ended_s }) => ended_s));
    expect(fillers.length).toBeGreaterThan(0);
    expect(Math.max(...fillers.map(({ sent_s }) => sent_s))).toBeLessThanOrEqual(last);
  });

  test('a clock that starts elsewhere changes nothing', () => {
    const late = runOpen(createVirtualPort(device(), { startsAt: 5000 }), at(0.5, SHORT));
    const now = runOpen(simulated(), at(0.5, SHORT));
    expect(late.window!.opened_s).toBeCloseTo(now.window!.opened_s, 6);
    expect(late.timelines).toHaveLength(now.timelines.length);
  });

  test('an idle server and few requests end the window by its rule', () => {
    const facts = at(0.05, { arrivals: { process: 'constant' }, stop: { min_requests: 20, max_s: 60 } });
    const result = runOpen(simulated(), facts);
    expect(result.stoppedBy).toBe('converged');
    expect(judgeOpen(result, facts).verdict).toBe('valid');
  });

  test('cancelled, it aborts what is in flight and ends once', () => {
    const port = new FakeEngine(H100_LIKE);
    const result = runOpen(port, at(0.4), (cell) => port.at(20, () => cell.cancel()));
    expect(result.stoppedBy).toBe('cancelled');
    expect(port.aborted.length).toBeGreaterThan(0);
  });

  test('a server that refuses is not hammered for ever', () => {
    const port = new FakeEngine({ ...H100_LIKE, fails: ({ sequence }) => sequence > 30 });
    const result = runOpen(port, at(0.3));
    expect(result.stoppedBy).toBe('failed');
    expect(judgeOpen(result).reasons.map(({ code }) => code)).toContain('request_failed');
  });
});

describe('overload', () => {
  test.each([1.3, 2, 10])(
    'at %s times the capacity ends early, with its slope, and nothing is averaged',
    (times) => {
      for (const process of ['poisson', 'constant'] as const) {
        const facts = at(times, { arrivals: { process } });
        const result = runOpen(simulated(), facts);
        expect(result.stoppedBy).toBe('overloaded');
        expect(result.window).toBeNull();
        const { after_s, growth_per_s, served_per_s } = result.overload!;
        expect(after_s).toBeLessThan(times < 2 ? 130 : 50);
        const excess = (times - 1) * CAPACITY;
        expect(growth_per_s).toBeGreaterThan(0.3 * excess);
        expect(growth_per_s).toBeLessThan(3 * excess);
        expect(served_per_s).toBeLessThan(1.3 * CAPACITY);
        const { metrics, verdict, reasons } = judgeOpen(result, facts);
        expect(metrics).toBeNull();
        expect(verdict).toBe('invalid');
        expect(reasons.find(({ code }) => code === 'unsteady')).toMatchObject({
          effect: 'flagged',
          fit: 'exclude',
          value: growth_per_s,
          message: expect.stringMatching(
            /^overloaded.* requests\/s arrive, .*\/s are served, in-flight grows by/,
          ),
        });
      }
    },
  );

  test.each([0.5, 0.8, 0.9])('is not seen at %s of the capacity, and the cell is steady', (load) => {
    for (const process of ['poisson', 'constant', 'gamma'] as const) {
      for (const seed of [1, 2]) {
        const arrivals = { process, burstiness: process === 'gamma' ? 0.5 : null };
        const facts = at(load, { seed, arrivals, stop: { max_requests: 700 } });
        const result = runOpen(simulated(), facts);
        expect(result.overload).toBeNull();
        const { reasons } = judgeOpen(result, facts);
        expect(reasons.filter(({ effect }) => effect === 'invalid')).toEqual([]);
      }
    }
  });

  test('just above the capacity is overloaded, or at least unsteady: its means are used by nobody', () => {
    for (const seed of [1, 2, 3, 4]) {
      const facts = at(1.15, { seed });
      const result = runOpen(simulated(), facts);
      const codes = judgeOpen(result, facts).reasons.map(({ code }) => code);
      expect(codes).toContain('unsteady');
    }
  });

  test('an engine that takes everything in and only gets slower is recognised, too', () => {
    const result = runOpen(new FakeEngine(H100_LIKE), at(1.3));
    expect(result.stoppedBy).toBe('overloaded');
    expect(result.overload!.after_s).toBeLessThan(60);
  });

  test('the bound on requests in flight ends a cell before the host runs out, and says so', () => {
    const facts = at(10, { mostInFlight: 300 });
    const result = runOpen(simulated(), facts);
    expect(result.overload).toMatchObject({ cause: 'bound', in_flight: 300 });
    const [reason] = judgeOpen(result, facts).reasons.filter(({ code }) => code === 'unsteady');
    expect(reason!.message).toMatch(/^overloaded, the bound on in-flight is reached/);
  });
});

describe('a trace', () => {
  const trace = {
    at_s: Array.from({ length: 200 }, (_, i) => i * 0.2),
    input_tokens: Array.from({ length: 200 }, (_, i) => 100 + i),
    output_tokens: Array.from({ length: 200 }, (_, i) => 20 + (i % 30)),
  };
  const facts: OpenFacts = {
    trace,
    arrivals: { process: 'trace', rate_per_s: 10, trace: { digest: 'd', speed: 2 } },
  };

  test('is replayed once to its end, with its lengths, at its speed', () => {
    const result = runOpen(simulated(), facts);
    expect(result.stoppedBy).toBe('trace_ended');
    const load = result.timelines.filter(({ role }) => role === 'load').sort((a, b) => a.stream - b.stream);
    expect(load).toHaveLength(200);
    expect(load.map(({ input_tokens }) => input_tokens)).toEqual(trace.input_tokens);
    expect(load.map(({ output_tokens }) => output_tokens)).toEqual(trace.output_tokens);
    expect(load[199]!.sent_s - load[0]!.sent_s).toBeCloseTo((0.2 * 199) / 2, 6);
    const { verdict, metrics } = judgeOpen(result, facts);
    expect(verdict).toBe('valid');
    expect(metrics!.requests_per_s).toBeCloseTo(10, 0);
  });

  test('shorter than its warm-up says so', () => {
    const short = {
      ...trace,
      at_s: trace.at_s.slice(0, 3),
      input_tokens: [1, 1, 1],
      output_tokens: [400, 400, 400],
    };
    const result = runOpen(simulated(), { ...facts, trace: short });
    expect(judgeOpen(result, facts).reasons).toMatchObject([
      { code: 'window_short', message: 'the cell ended before its window opened (trace_ended)' },
    ]);
  });
});
