import { expect, test } from 'vitest';
import { asgar2025Stated } from '../../src/cost/bases/asgar2025.ts';
import { type CompareQuestion, compare } from '../../src/cost/compare.ts';
import type { CompareRow } from '../../src/cost/compare-row.ts';
import { paretoCurves, paretoFront } from '../../src/cost/pareto.ts';
import { BASIS, question, specDevices } from './devices.ts';

const devices = specDevices('h100-sxm', 'gaudi3', 'b200-sxm');
const asked = (changes: Partial<CompareQuestion> = {}): CompareQuestion => ({
  ...question(),
  basis: BASIS,
  baseline: 'h100-sxm::h100-sxm',
  budget: null,
  draws: 20,
  ...changes,
});

const { rows } = compare(devices, asked());
const row = (name: string): CompareRow => rows.find((one) => one.name === name)!;

test('rows stand by cost, the baseline gains 1, aggregated serving is among them', () => {
  expect(rows).toHaveLength(12);
  const costs = rows.map(({ cost }) => cost.usd_per_request);
  expect([...costs].sort((a, b) => a - b)).toEqual(costs);
  expect(row('h100-sxm::h100-sxm').benefit).toBe(1);
  expect(row('gaudi3').kind).toBe('aggregated');
  for (const one of rows) {
    expect(one.benefit).toBeCloseTo(
      row('h100-sxm::h100-sxm').cost.usd_per_request / one.cost.usd_per_request,
      12,
    );
  }
});

test('the figures of a row agree with one another', () => {
  const one = row('b200-sxm::gaudi3');
  const [p, d] = one.parts;
  const seconds = p!.device_seconds + d!.device_seconds;
  expect(one.output_tokens_per_s_per_device).toBeCloseTo(512 / seconds, 9);
  expect(one.output_tokens_per_usd * one.cost.usd_per_request).toBeCloseTo(512, 6);
  expect(one.ratio!.fractional).toBeCloseTo(p!.device_seconds / d!.device_seconds, 12);
  expect(one.joules_per_output_token).toBeCloseTo(
    (1000 * p!.device_seconds + 900 * d!.device_seconds) / 512,
    9,
  );
  expect(one.e2e_mean_ms).toBeCloseTo(one.ttft_mean_ms + 511 * one.tpot_ms, 6);
});

test('input and output bear the whole cost between them in every row, of pairs and of aggregated serving', () => {
  for (const { kind, cost } of rows) {
    const { input_usd_per_mtok: input, output_usd_per_mtok: output } = cost.split;
    expect((4096 * input + 512 * output) / 1e6).toBeCloseTo(cost.usd_per_request, 12);
    expect(input, kind).toBeGreaterThan(0);
    expect(output, kind).toBeGreaterThan(input);
  }
});

test('whole devices and whole nodes cost no less than fractions, and idle where they do not match', () => {
  for (const one of rows.filter(({ kind }) => kind === 'pair')) {
    const { whole_devices, whole_nodes } = one.ratio!;
    expect(whole_devices!.usd_per_request).toBeGreaterThanOrEqual(one.cost.usd_per_request * (1 - 1e-9));
    expect(whole_nodes!.usd_per_request).toBeGreaterThanOrEqual(one.cost.usd_per_request * (1 - 1e-9));
    expect(whole_nodes!.prefill_devices % 8).toBe(0);
    const { idle } = whole_devices!;
    expect(Math.min(idle.prefill, idle.decode)).toBeCloseTo(0, 12);
  }
});

test('break-evens bring a row to the cost of the baseline', () => {
  const one = row('h100-sxm::gaudi3');
  const base = row('h100-sxm::h100-sxm').cost.usd_per_request;
  const [p, d] = one.parts;
  const { decode_speed, decode_price, tariff } = one.break_even!;
  if (decode_speed.state !== 'found' || decode_price?.state !== 'found') throw new Error('none found');
  const usd = (dSeconds: number, dHourly: number): number =>
    (p!.device_seconds * p!.cost.usd_per_h + dSeconds * dHourly) / 3600;
  expect(usd(d!.device_seconds / decode_speed.value, d!.cost.usd_per_h)).toBeCloseTo(base, 12);
  const dearer = d!.cost.usd_per_h_per_usd! * (decode_price.value - d!.cost.price_usd!);
  expect(usd(d!.device_seconds, d!.cost.usd_per_h + dearer)).toBeCloseTo(base, 12);
  if (tariff?.state === 'found') {
    const at = asgar2025Stated(tariff.value);
    const cost = (name: string): number =>
      row(name).parts.reduce((sum, part) => {
        const id = part.device;
        const hourly = at.costOf({ id, name: id, tdp_w: null, price_usd: null }).usd_per_h;
        return sum + part.device_seconds * hourly;
      }, 0);
    expect(cost('h100-sxm::gaudi3')).toBeCloseTo(cost('h100-sxm::h100-sxm'), 9);
  }
});

test('what flips the ranking is told of the first two: at that price they cost the same', () => {
  const { flip, rows: ranked } = compare(devices, asked());
  const [first, second] = ranked;
  expect(flip!.second).toBe(second!.name);
  const { decode_price } = flip!.break_even;
  if (decode_price?.state !== 'found') throw new Error('none found');
  const last = first!.parts.at(-1)!;
  const dearer = last.cost.usd_per_h_per_usd! * (decode_price.value - last.cost.price_usd!);
  expect(first!.cost.usd_per_request + (last.device_seconds * dearer) / 3600).toBeCloseTo(
    second!.cost.usd_per_request,
    12,
  );
});

test.each([
  { kind: 'usd_per_h', most: 40 },
  { kind: 'power_kw', most: 30 },
] as const)('a budget of $kind is kept, and the most requests stand first', (budget) => {
  const within = compare(devices, asked({ budget })).rows;
  const rates = within.flatMap((one) => one.budget?.requests_per_s ?? []);
  expect(rates.length).toBeGreaterThan(3);
  expect([...rates].sort((a, b) => b - a)).toEqual(rates);
  for (const { budget: share } of within) {
    if (share)
      expect(budget.kind === 'usd_per_h' ? share.usd_per_h : share.kw!).toBeLessThanOrEqual(budget.most);
  }
  expect(() => compare(devices, asked({ budget: { kind: budget.kind, most: 0.01 } }))).toThrow(
    `no option fits in ${budget.kind}=0.01`,
  );
});

test('a baseline that is no option, and limits that nothing meets, are said with what helps', () => {
  expect(() => compare(devices, asked({ baseline: 'h100::gaudi3' }))).toThrow(/'h100::gaudi3' is none/);
  const impossible = asked({ ...question({ ttft_p99_ms: 5, tpot_mean_ms: 50 }) });
  try {
    compare(devices, impossible);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 1 });
    expect((error as { mend: string }).mend).toMatch(/no queue: ttft_p99_ms \d+ ms on \S+ at TP 8/);
  }
});

test('options that cannot meet the limits are named, and a baseline among them compares nothing', () => {
  const two = specDevices('h100-sxm', 'a100-80-sxm');
  const tight = question({ ttft_mean_ms: 260 });
  const found = compare(two, asked({ ...tight, baseline: 'a100-80-sxm::a100-80-sxm' }));
  expect(found.unmet).toContain('a100-80-sxm::h100-sxm');
  expect(found.rows.every(({ benefit, uncertainty }) => benefit === null && uncertainty === null)).toBe(true);
});

test('the Pareto front: nothing on it is beaten in both, everything else is', () => {
  const { all, curves } = paretoCurves(devices, question({ ttft_p99_ms: 1500 }));
  expect(all.length).toBeGreaterThan(3);
  expect(curves.map(({ name }) => name).sort()).toEqual(rows.map(({ name }) => name).sort());
  for (const point of curves.flatMap(({ points }) => points)) {
    const covered = all.some(
      (one) =>
        one.output_tokens_per_s_per_user >= point.output_tokens_per_s_per_user &&
        one.output_tokens_per_s_per_device >= point.output_tokens_per_s_per_device,
    );
    expect(covered).toBe(true);
  }
  expect(paretoFront([])).toEqual([]);
});

test('sensitivities: a price halved halves its share, and the widest stands first', () => {
  const one = row('h100-sxm::gaudi3');
  const base = row('h100-sxm::h100-sxm');
  const gaudi = one.sensitivity.find(({ input }) => input === 'price of gaudi3')!;
  const decode = one.parts[1]!;
  const cheaper = (decode.device_seconds * 0.5 * decode.cost.components.finance) / 3600;
  expect(gaudi.benefit[0]).toBeCloseTo(base.cost.usd_per_request / (one.cost.usd_per_request - cheaper), 9);
  const speed = one.sensitivity.find(({ input }) => input === 'decode speed of gaudi3')!;
  expect(speed.benefit[1]).toBeGreaterThan(one.benefit!);
  expect(speed.benefit[0]).toBeLessThan(one.benefit!);
  // H100 prefill is the same on both sides: it moves the gain less than decode on either.
  const widths = one.sensitivity.map(({ benefit: [low, high] }) => Math.abs(Math.log(low / high)));
  expect([...widths].sort((a, b) => b - a)).toEqual(widths);
  expect(base.sensitivity).toEqual([]);
  expect(row('gaudi3').sensitivity.map(({ input }) => input)).toContain('serving speed of gaudi3');
});

test('nothing is told of a ratio when either side lies too far outside what was measured', () => {
  const [far, near] = specDevices('h100-sxm', 'gaudi3');
  const lost = { ...far!, source: { ...far!.source, interval: false } };
  const found = compare([lost, near!], asked({ baseline: 'h100-sxm' })).rows;
  expect(found.every(({ uncertainty }) => uncertainty === null)).toBe(true);
  const other = compare([lost, near!], asked({ baseline: 'gaudi3' })).rows;
  const told = other.filter(({ uncertainty }) => uncertainty !== null).map(({ name }) => name);
  expect(told.sort()).toEqual(['gaudi3', 'gaudi3::gaudi3']);
});
