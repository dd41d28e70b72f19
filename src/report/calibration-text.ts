import type { CalibratedRate, Calibration, HostCalibration } from '../run/schema.ts';
import { formatNumber } from './format.ts';
import { renderTable } from './text-table.ts';

const HOW = 'ridge calibrate';
const day = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const rate = ({ max_events_per_s }: CalibratedRate): string =>
  `${formatNumber(Number(max_events_per_s.toPrecision(3)))}`;

/** What is known of a host's client, in one line: when it was calibrated, and its figures. */
export function calibrationLine(calibration: HostCalibration | undefined): string {
  switch (calibration?.state) {
    case undefined:
    case 'none':
      return `not calibrated: ${HOW}`;
    case 'stale': {
      const when = calibration.calibrated_at === null ? '' : ` of ${day(calibration.calibrated_at)}`;
      return `not calibrated: the calibration${when} does not hold any more: ${calibration.why}: ${HOW}`;
    }
    case 'calibrated': {
      const { ttft_bias, stamp_error, rates, calibrated_at } = calibration;
      const held = rates.map((one) => `${rate(one)}${one.workers === 1 ? '' : ` (${one.workers} workers)`}`);
      return [
        `calibrated ${day(calibrated_at)}: TTFT ${formatNumber(ttft_bias.mean_ms, 2)} ms late (p99 ${formatNumber(ttft_bias.p99_ms, 2)})`,
        `stamps ${formatNumber(stamp_error.p50_ms, 2)} ms (p99 ${formatNumber(stamp_error.p99_ms, 2)})`,
        `up to ${held.join(', ')} tokens/s`,
      ].join(', ');
    }
  }
}

const ENDED_BY: Readonly<Record<CalibratedRate['ended_by'], string>> = {
  client: 'beyond it stamps are late',
  server: 'the null server sends no more: the client holds this at least',
  most_streams: 'no more streams were tried: the client holds this at least',
};

/** A calibration for people. */
export function calibrationText(calibration: Calibration): string {
  const { host, load, ttft_bias, stamp_error, event_loop_delay, timers, between_passes } = calibration;
  const ms = (value: number): string => `${formatNumber(value, 2)} ms`;
  const rows: (readonly [string, string])[] = [
    ['host', `${host.name}, ${host.cpu}, ${host.cores} cores, Node ${host.node_version}`],
    [
      'load',
      `${load.streams} streams that get a token every ${load.period_ms} ms, all at once; ${load.requests} requests, ${load.events} tokens`,
    ],
    [
      'TTFT bias',
      `${ms(ttft_bias.mean_ms)}, p99 ${ms(ttft_bias.p99_ms)}, standard deviation ${ms(ttft_bias.standard_deviation_ms)}`,
    ],
    [
      'stamp error',
      `p50 ${ms(stamp_error.p50_ms)}, p99 ${ms(stamp_error.p99_ms)}, at most ${ms(stamp_error.max_ms)}`,
    ],
    [
      'between two passes',
      `mean TTFT bias ${ms(between_passes.ttft_bias_mean_ms)}, stamp error p99 ${ms(between_passes.stamp_error_p99_ms)}`,
    ],
    ...(event_loop_delay === null
      ? []
      : [
          [
            'event loop delay',
            `p50 ${ms(event_loop_delay.p50_ms)}, p99 ${ms(event_loop_delay.p99_ms)}, at most ${ms(event_loop_delay.max_ms)}`,
          ] as const,
        ]),
    [
      'timers',
      `the clock steps by ${formatNumber(timers.clock_step_us, 2)} µs, a timer fires late by ${ms(timers.late_p50_ms)}, p99 ${ms(timers.late_p99_ms)}`,
    ],
  ];
  return [
    ...rows.map(([name, value]) => `${name.padEnd(20)}${value}`),
    '',
    `highest rate with a p99 stamp error of at most ${calibration.stamp_error_limit_ms} ms`,
    ratesTable(calibration.rates),
  ].join('\n');
}

const ratesTable = (rates: Calibration['rates']): string =>
  renderTable({
    columns: [
      { title: 'workers', align: 'right' },
      { title: 'null servers', align: 'right' },
      { title: 'streams', align: 'right' },
      { title: 'tokens', unit: '/s', align: 'right' },
      { title: 'stamp error p99', unit: 'ms', align: 'right' },
      { title: '' },
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
