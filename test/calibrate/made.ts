import type { PairedRequest } from '../../src/calibrate/stamps.ts';
import type { SentResponse } from '../../src/null-server/options.ts';
import type { CalibratedRate, Calibration } from '../../src/run/schema.ts';

export const sent = (sequence: number, receivedAt: number, sentAt: readonly number[]): SentResponse => ({
  requestId: `ridge-abc-${sequence}`,
  receivedAt,
  sentAt: Float64Array.from(sentAt),
  tookS: new Float32Array(sentAt.length),
  complete: true,
});

/** A request that the client sent `way` before it arrived, and whose tokens it stamped `late` after each left. */
export function pair(
  receivedAt: number,
  sentAt: readonly number[],
  way: number,
  late: number,
): PairedRequest {
  return {
    truth: sent(0, receivedAt, sentAt),
    seen: { sequence: 0, sentAt: receivedAt - way, stampedAt: sentAt.map((at) => at + late) },
  };
}

export const rate = (workers: number, max_events_per_s: number): CalibratedRate => ({
  workers,
  servers: 1,
  streams: 256,
  max_events_per_s,
  stamp_error_p99_ms: 2.8,
  ended_by: 'client',
});

export const HOST = {
  name: 'lab-7',
  cpu: 'Xeon 8480',
  cores: 8,
  node_version: '24.2.0',
  ridge_version: '1.4.0',
} satisfies Calibration['host'];

export const calibration = (overrides: Partial<Calibration> = {}): Calibration => ({
  calibrated_at: '2026-03-01T10:20:30.000Z',
  host: HOST,
  load: { streams: 64, period_ms: 10, requests: 500, events: 12_000 },
  ttft_bias: { mean_ms: 0.42, standard_deviation_ms: 0.2, p99_ms: 1.1 },
  stamp_error: { p50_ms: 0.25, p99_ms: 0.9, max_ms: 3 },
  between_passes: { ttft_bias_mean_ms: 0.02, stamp_error_p99_ms: 0.1 },
  event_loop_delay: { p50_ms: 0.1, p99_ms: 0.4, max_ms: 2 },
  timers: { clock_step_us: 0.1, late_p50_ms: 0.1, late_p99_ms: 0.3 },
  stamp_error_limit_ms: 5,
  rates: [rate(1, 70_000), rate(2, 120_000)],
  ...overrides,
});
