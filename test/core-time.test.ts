import { describe, expect, test } from 'vitest';
import { coreTimeOf, stolenShare } from '../src/core-time.ts';

const STAT = `cpu  999 9 999 9999 9 9 9 999 0 0
cpu0 100 10 50 5000 20 3 7 40 0 0
cpu1 200 0 100 5000 20 0 0 60 0 0
cpu12 9 9 9 9 9 9 9 900 0 0
intr 12345
`;
const status = (cores: string): string => `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${cores}\n`;

describe('the time of cores', () => {
  test('is that of the cores that the process may run on: busy and stolen, in seconds', () => {
    expect(coreTimeOf(STAT, status('0'))).toEqual({ busy_s: 1.7, stolen_s: 0.4 });
    expect(coreTimeOf(STAT, status('0-1'))).toEqual({ busy_s: 4.7, stolen_s: 1 });
    expect(coreTimeOf(STAT, status('1,12'))?.stolen_s).toBeCloseTo(9.6, 9);
  });

  test('is not known where a core is missing, or the kernel counts no steal', () => {
    expect(coreTimeOf(STAT, status('0-2'))).toBeNull();
    expect(coreTimeOf('cpu0 100 10 50 5000 20 3 7\n', status('0'))).toBeNull();
    expect(coreTimeOf(STAT, 'Name:\tnode\n')).toBeNull();
  });
});

describe('the stolen share', () => {
  const from = { busy_s: 10, stolen_s: 1 };

  test('is of the time in which the cores had work', () => {
    expect(stolenShare(from, { busy_s: 13, stolen_s: 2 })).toBe(0.25);
    expect(stolenShare(from, { busy_s: 13, stolen_s: 1 })).toBe(0);
  });

  test('is not known of cores that did next to nothing, nor where the system says nothing', () => {
    expect(stolenShare(from, { busy_s: 10.2, stolen_s: 1.1 })).toBeNull();
    expect(stolenShare(null, from)).toBeNull();
  });
});
