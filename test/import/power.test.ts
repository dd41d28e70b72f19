import { expect, test } from 'vitest';
import { virtualRun } from '../../scripts/recovery/virtual-run.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import { withoutOthersRows } from '../../src/fitfile/others-rows.ts';
import { parseColumnMap } from '../../src/import/csv-map.ts';
import { importCsv } from '../../src/import/import-rows.ts';
import { createDevice } from '../../src/simulate/device.ts';
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
const rows = measured.records
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
