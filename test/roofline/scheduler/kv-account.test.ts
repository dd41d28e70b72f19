import { expect, test } from 'vitest';
import { FinishQueue } from '../../../src/roofline/scheduler/finish-queue.ts';
import { KvAccount, kvBlocks } from '../../../src/roofline/scheduler/kv-account.ts';
import fc from '../../property.ts';

const seed = 7;

test('blocks of long stretches are those of walking step by step', () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), tokens: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ kind: fc.constant('remove' as const), which: fc.nat(50) }),
    fc.record({ kind: fc.constant('advance' as const), steps: fc.integer({ min: 1, max: 100 }) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const account = new KvAccount();
      let held: number[] = [];
      const blocks = (steps: number): number => held.reduce((sum, each) => sum + kvBlocks(each + steps), 0);
      for (const one of acts) {
        if (one.kind === 'add') {
          account.add(one.tokens);
          held.push(one.tokens);
        } else if (one.kind === 'remove' && held.length > 0) {
          const [tokens] = held.splice(one.which % held.length, 1);
          account.remove(tokens!);
        } else if (one.kind === 'advance') {
          account.advance(one.steps);
          held = held.map((each) => each + one.steps);
        }
        expect(account.blocks).toBe(blocks(0));
        expect(account.needed).toBe(blocks(1) - blocks(0));
        if (held.length === 0) continue;
        const free = (held[0]! * 7) % 90;
        const steps = account.stepsWithin(free);
        expect(blocks(steps) - blocks(0)).toBeLessThanOrEqual(free);
        expect(blocks(steps + 1) - blocks(0)).toBeGreaterThan(free);
        const mean = held.reduce((a, b) => a + b, 0) / held.length;
        expect(account.meanContext(3)).toBeCloseTo(mean + 2, 9);
      }
    }),
    { seed, numRuns: 200 },
  );
});

test('the queue gives requests in the order of their last steps, whoever was taken out meanwhile', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat(59)),
      (steps, removed) => {
        const queue = new FinishQueue();
        steps.forEach((step, request) => {
          queue.push(step, request);
        });
        for (const request of removed) queue.remove(request);
        const left = steps.filter((_, request) => !removed.includes(request)).sort((a, b) => a - b);
        expect(queue.size).toBe(left.length);
        const found = left.map(() => [queue.nextStep, steps[queue.pop()]!]);
        expect(found).toEqual(left.map((step) => [step, step]));
        expect(queue.nextStep).toBe(Number.POSITIVE_INFINITY);
      },
    ),
    { seed, numRuns: 200 },
  );
});
