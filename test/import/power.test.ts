import { describe, expect, test } from 'vitest';
import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { powerText } from '../../src/commands/power-text.ts';
import { observationsFromRuns } from '../../src/fit/from-runs.ts';
import { answeredBy } from '../../src/fitfile/answered.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { withoutOthersRows } from '../../src/fitfile/others-rows.ts';
import { parseColumnMap } from '../../src/import/csv-map.ts';
import { importCsv } from '../../src/import/import-rows.ts';
import { plainStyle } from '../../src/report/style.ts';
import { createDevice } from '../../src/simulate/device.ts';
import { suiteSchema } from '../../src/suite/schema.ts';
import { accelerator, card, suite, truth } from '../fit/virtual.ts';
import { csv } from './samples.ts';

const devices = [1, 2].map((tensorParallel) =>
  createDevice({ accelerator, card, tensorParallel, parameters: truth, seed: 1 }),
);
const measured = virtualRun(suite, devices, { seed: 1, stampErrorSeconds: 0.2e-3, powerError: 0.01 });
const { power } = devices[0]!;
const COMMON =
  'tp=tensor_parallel,in=input_tokens,out=output_tokens,streams=concurrency,ttft=ttft_ms,tpot=tpot_ms,rate=output_tokens_per_s,model=const:llama-3.1-8b,accelerator=const:h100-sxm,engine=const:vllm';

/**
 * The cells of a virtual run as others would publish them: means, and what one request took of energy. Of two tokens, how long
 * a device waits for the next request decides, which rows do not say.
 */
const rowsOf = (records: typeof measured.records) =>
  records
    .filter(({ cell }) => cell.output_tokens > 2)
    .map(({ cell, target, metrics, energy }) => {
      const rate = metrics!.output_tokens_per_s!;
      const watts = energy!.power_w!;
      return {
        tp: target.endsWith('2') ? 2 : 1,
        in: cell.input_tokens,
        out: cell.output_tokens,
        streams: cell.concurrency,
        ttft: metrics!.ttft_ms!.mean,
        tpot: metrics!.tpot_ms!.mean,
        rate,
        joules: (watts * cell.output_tokens) / rate,
        watts,
      };
    });
const rows = rowsOf(measured.records);
const fitOf = (column: string) => {
  const text = csv(
    [
      ...COMMON.split(',')
        .slice(0, 7)
        .map((part) => part.split('=')[0]!),
      'joules',
      'watts',
    ],
    rows,
  );
  const imported = importCsv(text, {
    map: parseColumnMap(`${COMMON},${column}`),
    driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
    settings: { max_num_batched_tokens: 8192, max_num_seqs: 256 },
  });
  const options = { bootstrap: 0, createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.0.0' };
  return { imported, fit: makeFit([imported], options) };
};

test.each([['joules=energy_j_per_request'], ['watts=power_w']])(
  'rows with %s give a fit the power of the device',
  (column) => {
    const { imported, fit } = fitOf(column);
    for (const [index, row] of rows.entries()) {
      const found = imported.records.filter(
        ({ cell, target }) =>
          cell.input_tokens === row.in && cell.concurrency === row.streams && target.endsWith(String(row.tp)),
      );
      expect(
        found.map(({ energy }) => energy!.power_w),
        `row ${index}`,
      ).toContainEqual(expect.closeTo(row.watts, 6));
    }
    const section = fit.power!;
    expect(section.measured_idle_power_w).toBeNull();
    expect(section.validation.in_sample.mape).toBeLessThan(4);
    for (const name of ['energy_per_byte_j', 'idle_power_w'] as const) {
      const { value, log_standard_error, prior } = section.parameters[name];
      const z = Math.log(value / power[name]) / (log_standard_error ?? prior.log_sd);
      expect(Math.abs(z), name).toBeLessThan(3);
    }
    // Whose rows they are, they publish.
    const published = withoutOthersRows(fit as unknown as Record<string, unknown>)
      .content as unknown as typeof fit;
    expect(published.power!.residuals.every(({ measured_w }) => measured_w === null)).toBe(true);
  },
);

describe('rows that do not say how long their prompts are', { timeout: 90_000 }, () => {
  const LENGTHS: Readonly<Record<string, number>> = { chat: 512, code: 2048 };
  const taskOf = (tokens: number) => Object.keys(LENGTHS).find((task) => LENGTHS[task] === tokens)!;
  const shapes = suiteSchema.parse({
    schema_version: 1,
    name: 'tasks',
    grid: [{ input: [512, 2048], output: [64], load: { concurrency: [1, 8, 32] } }],
    stop: { min_s: 1, max_requests: 200 },
  });
  const { records: measuredByTask } = virtualRun(shapes, devices.slice(0, 1), {
    seed: 2,
    stampErrorSeconds: 0.2e-3,
    powerError: 0.01,
  });
  const some = rowsOf(measuredByTask).map((row) => ({ ...row, task: taskOf(row.in) }));
  const MAP = `${COMMON.replace('in=input_tokens,', '')},watts=power_w`;
  const columns = ['tp', 'out', 'streams', 'ttft', 'tpot', 'rate', 'watts', 'task'];
  const imported = (map: string, kept = some) =>
    importCsv(csv(columns, kept), {
      map: parseColumnMap(map),
      driving: { kind: 'steady', output_jitter: [0.9, 1.1] },
      settings: { max_num_batched_tokens: 8192, max_num_seqs: 256 },
    });
  const unknown = `${MAP},task=task,input_tokens=unknown`;
  const options = {
    bootstrap: 0,
    predictor: 'closed_form',
    createdAt: '2026-01-15T12:00:00.000Z',
    toolVersion: '0.0.0',
  } as const;

  test('are a target for each task, and the record says that a length stands in', () => {
    const { run, records } = imported(unknown);
    expect(new Set(run.targets.map(({ unknown_input_task }) => unknown_input_task))).toEqual(
      new Set(['chat', 'code']),
    );
    expect(new Set(records.map(({ cell }) => cell.input_tokens))).toEqual(new Set([256]));
    expect(run.targets[0]!.warnings.join(' ')).toContain('prompt lengths are not recorded');
    expect(run.targets.map(({ name }) => name).join(' ')).toMatch(/chat.*code/);
  });

  test('get one length for each task with the power; the energy per FLOP is marked as confounded with them', () => {
    const data = imported(unknown);
    const fit = makeFit([data], options);
    const { by_task, confounded_with } = fit.power!.unknown_prompt_lengths!;
    expect(confounded_with).toBe('energy_per_flop_j');
    expect(by_task.map(({ task }) => task).sort()).toEqual(['chat', 'code']);
    for (const { task, input_tokens, as_good } of by_task) {
      const [low, high] = as_good;
      expect(low).toBeLessThanOrEqual(input_tokens);
      expect(high).toBeGreaterThanOrEqual(input_tokens);
      const own = fit.residuals.filter(({ target }) => target.endsWith(task));
      expect(new Set(own.map((one) => one.input_tokens))).toEqual(new Set([input_tokens]));
    }
    const [chat, code] = ['chat', 'code'].map((task) => by_task.find((one) => one.task === task)!);
    expect(code!.input_tokens / chat!.input_tokens).toBeGreaterThanOrEqual(2);
    const text = powerText(fit.power!, plainStyle);
    expect(text).toMatch(/energy_per_flop_j .* confounded/);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`chat ${chat!.input_tokens} (`);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    // A validation of the fit on rows like these takes the lengths that it found.
    const { observations, unknown: open } = observationsFromRuns([data]);
    expect(new Set(answeredBy(fit, observations, open).map((one) => one.input_tokens))).toEqual(
      new Set(by_task.map(({ input_tokens }) => input_tokens)),
    );
  });

  test('need powers: in the map, and enough of them', () => {
    const without = unknown.replace(',watts=power_w', '');
    expect(() => parseColumnMap(without)).toThrow('input_tokens=unknown needs a power');
    const few = some.map((row, index) => ({ ...row, watts: index < 3 ? row.watts : '' }));
    expect(() => makeFit([imported(unknown, few as never)], options)).toThrow('3 powers cannot tell them');
  });
});
