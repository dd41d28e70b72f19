import type { CalibratedRate, Calibration, HostCalibration } from '../run/schema.ts';
import { formatNumber, formatPercent } from './format.ts';
import { renderTable } from './text-table.ts';
import { wrapItem } from './wrap.ts';

const HOW = 'ridge calibrate';
const day = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const rate = ({ max_events_per_s }: CalibratedRate): string =>
  formatNumber(Number(max_events_per_s.toPrecision(3)));

/** What is known of a host's client, in one line: when it was calibrated, and its figures. */
export function calibrationLine(calibration: HostCalibration | undefined): string {
  switch (calibration?.state) {
    case undefined:
    case 'none':
      return `not calibrated: ${HOW}`;
    case 'stale': {
      const when = calibration.calibrated_at === null ? '' : ` of ${day(calibration.calibrated_at)}`;
      return `not calibrated, the calibration${when} does not hold (${calibration.why}): ${HOW}`;
    }
    case 'calibrated': {
      const { ttft_bias, stamp_error, rates, calibrated_at } = calibration;
      const [one, ...more] = rates.map((each) => [rate(each), each.workers] as const);
      const others = more.map(([value, workers]) => `${value} with ${workers} workers`).join(', ');
      return [
        `calibrated ${day(calibrated_at)}: TTFT ${formatNumber(ttft_bias.mean_ms, 2)} ms late (p99 ${formatNumber(ttft_bias.p99_ms, 2)})`,
        `stamps ${formatNumber(stamp_error.p50_ms, 2)} ms (p99 ${formatNumber(stamp_error.p99_ms, 2)})`,
        `up to ${one![0]} tokens/s${others === '' ? '' : ` (${others})`}`,
      ].join(', ');
    }
  }
}

const ENDED_BY: Readonly<Record<CalibratedRate['ended_by'], string>> = {
  client: 'late stamps',
  server: 'the null servers *',
  most_streams: 'enough streams *',
};

const ms = (value: number): string => `${formatNumber(value, 2)} ms`;

/** A calibration for people; texts are folded to the width. */
export function calibrationText(calibration: Calibration, width: number): string {
  const { rates, stamp_error_limit_ms } = calibration;
  const atLeast = rates.some(({ ended_by }) => ended_by !== 'client');
  return [
    ...factRows(calibration).map(([name, value]) => wrapItem(name.padEnd(NAME_COLUMNS), value, width)),
    '',
    `highest rate with a p99 stamp error of at most ${stamp_error_limit_ms} ms`,
    ratesTable(rates),
    ...(atLeast ? ['* the client holds more than this'] : []),
  ].join('\n');
}

const NAME_COLUMNS = 20;

function factRows(calibration: Calibration): (readonly [name: string, value: string])[] {
  const { host, load, ttft_bias, stamp_error, event_loop_delay: loop, timers, between_passes } = calibration;
  return [
    ['host', `${host.name}, ${host.cpu}, ${host.cores} cores, Node ${host.node_version}`],
    [
      'load',
      `${load.streams} streams, a token every ${load.period_ms} ms to all at once; ${load.requests} requests, ${load.events} tokens`,
    ],
    [
      'TTFT bias',
      `mean ${ms(ttft_bias.mean_ms)}, p99 ${ms(ttft_bias.p99_ms)}, standard deviation ${ms(ttft_bias.standard_deviation_ms)}`,
    ],
    [
      'stamp error',
      `p50 ${ms(stamp_error.p50_ms)}, p99 ${ms(stamp_error.p99_ms)}, at most ${ms(stamp_error.max_ms)}`,
    ],
    [
      'two passes differ',
      `by ${ms(between_passes.ttft_bias_mean_ms)} in mean TTFT bias, ${ms(between_passes.stamp_error_p99_ms)} in stamp error p99`,
    ],
    [
      'event loop delay',
      loop === null
        ? 'unknown'
        : `p50 ${ms(loop.p50_ms)}, p99 ${ms(loop.p99_ms)}, at most ${ms(loop.max_ms)}`,
    ],
    ...(loop?.stolen_share === undefined
      ? []
      : [
          [
            'taken by the host',
            `${formatPercent(loop.stolen_share)} of the time in which its cores had work (steal)`,
          ] as const,
        ]),
    ['clock', `steps of ${formatNumber(timers.clock_step_us, 2)} µs`],
    ['timers fire late by', `p50 ${ms(timers.late_p50_ms)}, p99 ${ms(timers.late_p99_ms)}, when idle`],
  ];
}

const right = (title: string, unit?: string) => ({ title, ...(unit && { unit }), align: 'right' }) as const;

const ratesTable = (rates: Calibration['rates']): string =>
  renderTable({
    columns: [
      right('workers'),
      right('null servers'),
      right('streams'),
      right('tokens', '/s'),
      right('stamp error p99', 'ms'),
      { title: 'ended by' },
    ],
    rows: rates.map((one) => [
      `${one.workers}`,
      `${one.servers}`,
      `${one.streams}`,
      rate(one),
      one.stamp_error_p99_ms,
      ENDED_BY[one.ended_by],
    ]),
  });
