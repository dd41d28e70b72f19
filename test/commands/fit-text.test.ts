import { describe, expect, test } from 'vitest';
import { fitText } from '../../src/commands/fit-text.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { plainStyle } from '../../src/report/style.ts';
import type { RestartSpread } from '../../src/run/schema.ts';
import { measureSuite } from '../fit/virtual.ts';

type Baseline = Fit['validation']['in_sample']['baselines'][number];

const run = measureSuite([1]);
const [target] = run.run.targets;
const simulator = target!.simulator!;
const fit = makeFit([run], { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0' });
const report = (
  changed: Fit = fit,
  targets = [target!],
  restartSpreads: readonly RestartSpread[] = [],
): string => fitText({ fit: changed, file: 'a.fit.json', targets, restartSpreads }, plainStyle);
const unfolded = (text: string): string => text.replace(/\s+/g, ' ');

const { validation } = fit;
const marked = <Part extends { readonly baselines: readonly Baseline[] }>(
  part: Part,
  wins: boolean,
): Part => ({
  ...part,
  baselines: part.baselines.map((one) => ({ ...one, wins })),
});
const withWins = (wins: boolean): Fit => ({
  ...fit,
  validation: {
    ...validation,
    in_sample: marked(validation.in_sample, wins),
    hold_out: validation.hold_out && marked(validation.hold_out, wins),
    blocked: validation.blocked.map((part) => marked(part, wins)),
  },
});

test('a simpler model that is closer than the fit is said to be, in words', () => {
  const words = unfolded(report(withWins(true)));
  expect(words).toContain(
    'speed of light (spec sheet peaks, no overhead) has a lower error on tpot_ms of cells seen than',
  );
  expect(words).toContain(
    'straight line (a + b·concurrency, per TP) has a lower error on tpot_ms of unseen shapes than',
  );
  expect(report(withWins(true))).toMatch(/^straight line +TPOT +2 +\*/m);
  expect(report(withWins(false))).not.toContain('lower error');
});

test('cells that were judged by other thresholds than the defaults are said to be, with these', () => {
  expect(report()).not.toContain('thresholds');
  const { suite } = run.run;
  const content = { ...suite.content, thresholds: { client_bound_ttft_share: 0.2, little_law_share: 0.05 } };
  const loosened = { ...run, run: { ...run.run, suite: { ...suite, content } } };
  const made = makeFit([loosened], { createdAt: fit.created_at, toolVersion: '0.1.0', bootstrap: 0 });
  expect(made.runs[0]!.thresholds).toEqual({ client_bound_ttft_share: 0.2 });
  expect(unfolded(report(made))).toContain(
    `cells of ${run.run.id} are judged by other thresholds: client_bound_ttft_share 0.2 (default 0.05)`,
  );
});

describe('the simulator beside the fit', () => {
  test('its effects stand in one sentence under the table', () => {
    const text = report(fit, [{ ...target!, simulator: { ...simulator, effects: ['jitter', 'stalls'] } }]);
    expect(unfolded(text)).toContain('the simulator also has jitter, stalls, which the fitted form does not');
    expect(text).toMatch(/known +simulator +in$/m);
  });

  test('two truths are compared with none', () => {
    const other = { ...simulator, parameters: { ...simulator.parameters, step_overhead_s: 1 }, seed: 99 };
    const text = report(fit, [target!, { ...target!, name: 'b', simulator: other }]);
    expect(text).not.toMatch(/known +simulator/);
    expect(unfolded(text)).toContain('compared with no simulator: the targets are made of 2 different sets');
  });
});

test('parameters that model and devices do not have are no gap in the data', () => {
  const text = report();
  expect(text).not.toContain('expert');
  expect(text).not.toContain('link');
  const parallel = { ...fit, range: { ...fit.range, tensor_parallel: [1, 2] } };
  expect(report(parallel)).toMatch(/^link .* no data/m);
});

describe('what was inferred', () => {
  const tried = (...ratios: [number | string, number][]) =>
    ratios.map(([value, cost_ratio]) => ({ value, cost_ratio }));
  test('stands with its evidence, and undecided where the data do not tell', () => {
    const inferred: Fit['inferred'] = [
      { name: 'kv_bytes_per_element', value: 1, tried: tried([2, 1.92], [1, 1]), decided: true },
      {
        name: 'max_num_batched_tokens',
        value: 8192,
        tried: tried([8192, 1], [2048, 1.4], [4096, 1.012], [16384, 1.2]),
        decided: false,
      },
    ];
    expect(unfolded(report({ ...fit, inferred }))).toContain(
      'inferred: KV cache 1 byte (2 bytes costs 1.9 x), budget 8192 (undecided: 4096 fits as well)',
    );
  });

  test('nothing, where runs state everything', () => {
    expect(report()).not.toContain('inferred');
  });
});

test('noise floor and bootstrap in one line; none is said to be none', () => {
  expect(unfolded(report())).toMatch(
    /noise floor: TTFT [\d.]+ %, TPOT [\d.]+ %; bootstrap: 200 replicates of 8 clusters, linear steps/,
  );
  expect(unfolded(report({ ...fit, bootstrap: null }))).toContain('bootstrap: none');
});

test('what was asked for is repeated where it is not the usual', () => {
  expect(report()).not.toContain('only cells');
  const asked: Fit = {
    ...fit,
    selection: { only: ['tp=1|2'], hold_out: ['concurrency=64'] },
    search: { ...fit.search, predictor: 'closed_form', objective: 'tpot_ms' },
  };
  expect(unfolded(report(asked))).toContain(
    'only cells with tp=1|2; kept from it concurrency=64; fitted through the closed form; serving tpot_ms best',
  );
});

test('a part that was not predicted is named with its reason', () => {
  const refused = [{ name: 'tp 4', reason: 'one tensor parallel size in training (8), another asked for' }];
  const blocked = [{ ...validation.blocked[0]!, kind: 'tp' as const, refused }];
  expect(unfolded(report({ ...fit, validation: { ...validation, blocked } }))).toContain(
    'not predicted unseen: tp 4: one tensor parallel size in training (8), another asked for',
  );
});

test('a correction by batch size says what it gains', () => {
  const bucket = { tensor_parallel: 1, least: 8, most: 15, ratio: 1.05, cells: 3 };
  const residual_table = { buckets: [bucket], unseen_mape: { without: 4.2, with: 2.1 } };
  expect(unfolded(report({ ...fit, residual_table }))).toContain(
    'TPOT is corrected for 1 batch size: unseen shapes 4.20 % without, 2.10 % with',
  );
});

test('a fit of simulated endpoints says so before any figure; one of real devices does not', () => {
  expect(report().split('\n')[1]).toMatch(
    /^SIMULATED: measured on ridge's simulated endpoint; it says nothing/,
  );
  expect(report({ ...fit, simulated: false })).not.toContain('SIMULATED');
});

test('a value at a limit and one above its peak are explained in words', () => {
  const { gemm_flop_per_s: gemm, memory_bytes_per_s: memory } = fit.parameters;
  const changed: Fit = {
    ...fit,
    parameters: {
      ...fit.parameters,
      gemm_flop_per_s: { ...gemm!, at_bound: true, interval_90: null, value: gemm!.prior.upper },
      memory_bytes_per_s: {
        ...memory!,
        prior_dominated: false,
        efficiency: { value: 1.08, of: 3.35e12, published: true, above_one: true },
      },
    },
  };
  const text = report(changed);
  expect(text).toMatch(/^gemm .* at upper limit/m);
  expect(text).toMatch(/^memory .* above peak/m);
  expect(unfolded(text)).toContain('gemm_flop_per_s lies at the upper limit of what is physically possible');
  expect(unfolded(text)).toContain("memory_bytes_per_s is 108 % of the data sheet's peak (3.35 TB/s)");
});

test('two forms of one simpler model have names of their own', () => {
  const rows = report()
    .split('\n')
    .filter((line) => /^phase polynomials.* TPOT/.test(line))
    .map((line) => line.split(/ {2,}/)[0]);
  expect(rows).toEqual(['phase polynomials in KV tokens', 'phase polynomials in prompt tokens']);
});

test('whose measurements were imported stands in the report', () => {
  const imported = { format: 'csv', source: 'a.csv', digest: 'sha256:0', attribution: 'Someone, CC BY 4.0' };
  const runs = fit.runs.map((one) => ({ ...one, imported }));
  expect(report({ ...fit, runs })).toContain('measurements of others: Someone, CC BY 4.0');
});

test('cells under a power cap are said to be: the compute is what the cap allows', () => {
  expect(report()).not.toContain('power cap');
  const flagged = [{ code: 'power_capped', target: target!.name, cells: 3 }];
  expect(unfolded(report({ ...fit, flagged }))).toContain(
    'the power cap was active in 3 cells: the compute ceilings are those under this cap',
  );
});

test('one number of one cell is singular', () => {
  const text = report({ ...fit, residuals: fit.residuals.slice(0, 1) });
  expect(text).toContain('1 number from 1 cell;');
});

describe('no line is wider than 80 columns', () => {
  /** As wide as parameters become: a prefix of its own, an interval that is most of the prior. */
  const vague: Fit = {
    ...withWins(true),
    parameters: Object.fromEntries(
      Object.entries(fit.parameters).map(([name, one]) => [
        name,
        one.unit === 'FLOP/s'
          ? { ...one, value: 1.052e15, interval_90: [0.031e15, 1.483e15], prior_dominated: true }
          : one,
      ]),
    ),
  };
  test.each([
    ['a real device', null],
    ['a simulated one', simulator],
  ])('%s', (_, made) => {
    const text = report(vague, [{ ...target!, simulator: made }]);
    expect(text).toContain('prior only');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});

test('the spread between restarts of a server stands beside the noise floor', () => {
  const percent = (between_starts_percent: number) => ({ between_starts_percent, sampling_percent: 0.5 });
  const spread: RestartSpread = {
    target: 'h100-tp1',
    starts: 3,
    anchors: 2,
    ttft: percent(4.2),
    tpot: percent(1.1),
    output_tokens_per_s: null,
  };
  expect(unfolded(report(fit, [target!], [spread]))).toContain(
    'noise floor between restarts: h100-tp1: between 3 starts of the server 2 anchors differ by TTFT 4.2 % (0.50 % by sampling), TPOT 1.1 % (0.50 % by sampling)',
  );
  expect(report()).not.toContain('restarts');
});

test('what percentiles of the cells showed, and how far they are off on cells kept from the fit', () => {
  const text = report();
  expect(unfolded(text)).toContain('percentiles, cells kept from the fit steps vary by');
  expect(text).toMatch(/^tbt_p99 +1 +[\d.]+ /m);
  const { tails: _, ...bare } = fit;
  expect(report(bare as Fit)).not.toContain('percentiles,');
});
