import { appendFileSync, readFileSync } from 'node:fs';
import type { CellResult, CellTask } from '../../src/agent/protocol.ts';
import { serveAgent } from '../../src/agent/serve.ts';
import { cellResult, identity, metrics, reason } from './facts.ts';

/**
 * An agent without an endpoint: `node fake-agent.ts MODE [LOG]`. Cells take no time. Every start and cell is a line of
 * the log, which also tells a restarted agent what happened before.
 */
const [mode = 'good', log] = process.argv.slice(2);
const remember = (what: string): number => {
  if (log === undefined) return 1;
  appendFileSync(log, `${what}\n`);
  return readFileSync(log, 'utf8').split(what).length - 1;
};
const say = (message: unknown): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** A server whose TTFT is 100 ms at this load and proportional to it, and which is overloaded from four times of it on. */
function limited(task: CellTask, limit: number): CellResult {
  const load = task.arrivals?.rate_per_s ?? task.concurrency!;
  remember(`load ${load}`);
  if (load >= 4 * limit)
    return cellResult({ verdict: 'invalid', window: null, metrics: null, stopped_by: 'overloaded' });
  const ttft = (100 * load) / limit;
  const objectives = Object.entries(task.objectives ?? {}).map(([key, limit_ms]) => ({
    key,
    limit_ms,
    value_ms: ttft,
    met: ttft <= limit_ms,
    interval_95_ms: [0.999 * ttft, 1.001 * ttft] as [number, number],
  }));
  return cellResult({ metrics: { ...metrics(ttft, 8), objectives } });
}

const starts = remember('start');
if (mode === 'missing') {
  console.error('bash: line 1: ridge: command not found');
  process.exit(127);
} else if (mode === 'mute') {
  process.stdin.resume();
} else if (mode === 'other-version') {
  say({ type: 'hello', protocol: 1, version: '99.0.0', host: null });
  process.stdin.resume();
} else {
  if (mode === 'noisy') process.stdout.write('Welcome to host 17!\n{"type":"unknown"}\n');
  await serveAgent(
    {
      async identify() {
        const asked = remember('identify');
        const changed = (mode === 'changed-engine' && starts > 1) || (mode === 'upgraded' && asked > 1);
        return identity(changed ? { engine: { name: 'vllm', version: '0.33.0' } } : {});
      },
      async runCell(target, task, hooks, signal) {
        const cells = remember('cell');
        if (mode === 'dies-once' && cells === 1) process.kill(process.pid, 'SIGKILL');
        if (mode === 'dies-in-second' && cells === 2) process.kill(process.pid, 'SIGKILL');
        if (mode === 'dies-always' || (mode === 'dies-from-second' && cells > 1)) process.exit(9);
        if (mode === 'changed-engine' && cells === 1) process.exit(9);
        if (mode === 'noisy') process.stdout.write('half a line ');
        if (mode === 'noisy') process.stdout.write('\n');
        if (mode === 'refuses' || (mode === 'refuses-second' && cells > 1))
          throw new Error(`cannot reach ${target.url}`);
        if (mode === 'hangs') {
          await new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(new Error('cancelled'))),
          );
        }
        if (mode === 'stalls-once' && cells === 1) return cellResult({ reasons: [reason('compile_stall')] });
        if (mode === 'endpoint-fails') {
          const counts = { measured: 4, completed: 0, failed: 4, aborted: 0, fillers: 0 };
          return cellResult({ verdict: 'invalid', reasons: [reason('request_failed')], counts });
        }
        hooks.progress({
          phase: 'window',
          elapsed_s: 1,
          in_flight: task.concurrency ?? 0,
          completed: 3,
          output_tokens_per_s: 10,
          ttft_ms: 1,
          tpot_ms: 1,
        });
        hooks.requests(['{"sequence":0}', '{"sequence":1}']);
        hooks.steps('{"count"');
        hooks.steps(':0}');
        return mode.startsWith('limit') ? limited(task, Number(mode.split('=')[1])) : cellResult();
      },
    },
    { input: process.stdin, output: process.stdout },
  );
  process.exit(0);
}
