import { expect, test } from 'vitest';
import type { AgentTarget, CellTask } from '../../src/agent/protocol.ts';
import { runCell } from '../../src/agent/run-cell.ts';
import { identifyEndpoint } from '../../src/endpoint/identify.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { card, device } from '../simulate/factory.ts';

const task = (client_workers: number): CellTask => ({
  kind: 'load',
  input_tokens: 64,
  output_tokens: 12,
  concurrency: 4,
  arrivals: null,
  kv_fill: null,
  seed: 1,
  max_length_tokens: null,
  max_num_seqs: null,
  vocabulary_size: card.vocabulary_size,
  first_of_shape: false,
  protocol: protocolSchema.parse({ client_workers }),
  stop: stopSchema.parse({ min_s: 0, min_requests: 24, max_requests: 24, confidence_half_width: 0.5 }),
  objectives: null,
  idle_power_w: null,
});

test.each([1, 2])(
  'with %i threads a cell gets every token, and says what its sockets saw',
  async (workers) => {
    const { url } = await endpoint({ device: device({ timeScale: 0.2 }) });
    const target: AgentTarget = { url, model: null, api_key: null, api_key_env: null, power: null };
    const identity = await identifyEndpoint({ url, apiKey: null, apiKeyEnv: null, model: null });
    const nothing = (): void => undefined;
    const hooks = { progress: nothing, requests: nothing, steps: nothing, power: nothing };
    const { client, counts, reasons } = await runCell(
      target,
      identity,
      task(workers),
      hooks,
      new AbortController().signal,
    );
    expect(counts.failed).toBe(0);
    expect(counts.measured).toBeGreaterThanOrEqual(24);
    const codes = reasons.map(({ code }) => code);
    // Others depend on how busy this host is.
    expect(codes).not.toContain('request_failed');
    expect(codes).not.toContain('output_length_off');
    expect(client!.sockets).toMatchObject({ workers, full_reads: 0 });
    expect(client!.sockets!.connections).toBeGreaterThanOrEqual(4);
    expect(client!.sockets!.reads).toBeGreaterThan(24);
  },
);
