import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { type AgentConnection, type AgentTimeouts, connectAgent } from '../../src/agent/connection.ts';
import type { CellTask } from '../../src/agent/protocol.ts';
import { protocolSchema, stopSchema } from '../../src/suite/schema.ts';
import { cellResult, identity } from './facts.ts';

const FAKE = fileURLToPath(new URL('fake-agent.ts', import.meta.url));
const opened: AgentConnection[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()));
});

async function connect(
  mode: string,
  { timeouts, warnings = [] }: { timeouts?: Partial<AgentTimeouts>; warnings?: string[] } = {},
): Promise<AgentConnection> {
  const connection = await connectAgent({
    argv: mode === 'no-such-command' ? ['ridge-no-such-command'] : [process.execPath, FAKE, mode],
    target: { url: 'http://127.0.0.1:1', model: null, api_key: 'secret', api_key_env: 'KEY' },
    timeouts,
    warning: (message) => warnings.push(message),
  });
  opened.push(connection);
  return connection;
}

const task: CellTask = {
  kind: 'load',
  input_tokens: 8,
  output_tokens: 4,
  concurrency: 2,
  arrivals: null,
  kv_fill: null,
  seed: 1,
  max_length_tokens: null,
  max_num_seqs: null,
  vocabulary_size: null,
  first_of_shape: true,
  protocol: protocolSchema.parse({}),
  stop: stopSchema.parse({}),
  objectives: null,
};
const none = { progress: () => undefined, requests: () => undefined, steps: () => undefined };
const never = new AbortController().signal;

describe('a connection to an agent', () => {
  test('shakes hands, identifies, measures, and gives timelines before the result', async () => {
    const agent = await connect('good');
    expect(agent.host.cores).toBeGreaterThan(0);
    // One host, one clock: the offset is no more than the round trip explains.
    expect(Math.abs(agent.host.clock_offset_s)).toBeLessThanOrEqual(agent.host.clock_offset_bound_s + 2e-3);
    expect(await agent.identify()).toEqual(identity());
    const seen: string[] = [];
    const result = await agent.runCell(
      task,
      {
        progress: ({ phase }) => seen.push(phase),
        requests: (lines) => seen.push(...lines),
        steps: (text) => seen.push(text),
      },
      never,
    );
    expect(result).toEqual(cellResult());
    expect(seen).toEqual(['window', '{"sequence":0}', '{"sequence":1}', '{"count"', ':0}']);
  });

  test('takes noise on the pipe for what it is', async () => {
    const warnings: string[] = [];
    const agent = await connect('noisy', { warnings });
    expect(await agent.runCell(task, none, never)).toEqual(cellResult());
    expect(warnings.map((line) => line.replace(/^.*ignored: /, ''))).toEqual([
      'Welcome to host 17!',
      '{"type":"unknown"}',
      'half a line ',
    ]);
  });

  test.each([
    ['a command that does not exist', 'no-such-command', 'not_started', 'ridge-no-such-command'],
    ['a host without ridge', 'missing', 'not_started', 'ridge: command not found'],
    ['another major version', 'other-version', 'incompatible', '99.0.0'],
  ])('%s fails with exit code 3 and says what', async (_, mode, kind, words) => {
    const failure = await connect(mode).catch((error) => error);
    expect(failure).toMatchObject({ kind, exitCode: 3 });
    expect(failure.toLines().join('\n')).toContain(words);
  });

  test('an agent that never greets is stopped', async () => {
    await expect(connect('mute', { timeouts: { handshakeMs: 300 } })).rejects.toMatchObject({
      kind: 'silent',
    });
  });

  test('an agent that dies fails what waits for it and everything after', async () => {
    const agent = await connect('dies-always');
    await expect(agent.runCell(task, none, never)).rejects.toMatchObject({ kind: 'died', restartable: true });
    await expect(agent.identify()).rejects.toMatchObject({ kind: 'died' });
  });

  test('what the agent refuses keeps its words', async () => {
    const agent = await connect('refuses');
    await expect(agent.runCell(task, none, never)).rejects.toMatchObject({
      kind: 'refused',
      message: 'cannot reach http://127.0.0.1:1',
    });
    expect(await agent.identify()).toEqual(identity());
  });

  test('a cancelled cell ends with the reason, and the agent stays usable', async () => {
    const agent = await connect('hangs');
    const stop = new AbortController();
    const cell = agent.runCell(task, none, stop.signal);
    stop.abort(new Error('enough'));
    await expect(cell).rejects.toThrow('enough');
    expect(await agent.identify()).toEqual(identity());
  });
});
