import { expect, test } from 'vitest';
import { answeredBy } from '../../src/fitfile/answered.ts';
import { settingsFor } from '../../src/fitfile/apply.ts';
import { cellsOf, gridOf } from '../fit/made-cells.ts';
import { madeFit } from './made-fit.ts';

const fit = madeFit();
const cells = cellsOf(gridOf([512], [128], [8], [1, 2]), {
  engine: { maxNumBatchedTokens: 1234, kvCapacityTokens: 5678, admission: 'reserved' },
});

test('what a run does not state is what the fit has for that tensor parallel size', () => {
  const answered = answeredBy(fit, cells, ['max_num_batched_tokens', 'memory_utilisation', 'admission']);
  for (const { engine } of answered) {
    const { maxNumBatchedTokens, kvCapacityTokens, admission } = settingsFor(fit, engine.tensorParallel);
    expect(engine).toMatchObject({ maxNumBatchedTokens, kvCapacityTokens, admission });
    expect(engine.maxNumSeqs).toBe(256);
  }
});

test('so is the order of a burst of exact lengths', () => {
  const burst = {
    kind: 'burst',
    requests_per_stream: 10,
    input_jitter: [1, 1],
    output_jitter: [1, 1],
    statistic: 'mean',
  } as const;
  const bursts = cellsOf(gridOf([512], [128], [8]), { driving: burst });
  const value = 'in_turn';
  const found = [{ name: 'burst_order' as const, value, tried: [], decided: true }];
  const [one] = answeredBy({ ...fit, inferred: found }, bursts, ['burst_order']);
  expect(one!.driving).toEqual({ ...burst, order: 'in_turn' });
  expect(answeredBy(fit, bursts, ['burst_order'])[0]!.driving).toEqual({ ...burst, order: 'together' });
});

test('so are seats and planning of servers that were set up for each row', () => {
  const inferred = [
    { name: 'seat_margin' as const, value: -1, tried: [], decided: true },
    { name: 'planning' as const, value: 'a_step_ahead', tried: [], decided: true },
  ] as never;
  const [short] = answeredBy({ ...fit, inferred }, cells, ['seat_margin', 'planning']);
  expect(short!.engine).toMatchObject({ seatMargin: -1, plansAhead: true });
  const [plain] = answeredBy(fit, cells, ['seat_margin', 'planning']);
  expect(plain!.engine).toEqual(cells[0]!.engine);
});

test('what it states stays', () => {
  expect(answeredBy(fit, cells, [])).toEqual(cells);
  const [one] = answeredBy(fit, cells, ['memory_utilisation']);
  expect(one!.engine).toMatchObject({ maxNumBatchedTokens: 1234, admission: 'reserved' });
});
