import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../src/run/read-run.ts';
import { becomesFree, isListening } from '../../src/server/port.ts';
import { freePort } from '../ports.ts';
import { FAKE_SERVER, isAlive, parentOf, pidsOf, until } from '../server/facts.ts';
import { temporaryFolder } from './facts.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));
const RECORDED = fileURLToPath(new URL('../server/recorded.ts', import.meta.url));
const NODE = process.execPath;

/** Cells of a few tenths of a second; the anchor once more after each restart. */
const SUITE = `schema_version: 1
name: served
grid:
  - { input: [64], output: [8], load: { concurrency: [2] }, anchor: true }
  - { input: [64], output: [8], load: { concurrency: [1] } }
stop: { confidence_half_width: 0.5, min_requests: 4, max_requests: 20, min_s: 0.05, max_s: 0.1 }
`;
/** Two anchors and a cell. */
const CELLS = 3;

interface Lab {
  readonly argv: readonly string[];
  readonly more?: string;
  readonly variants: string;
  readonly port: number;
}

interface Files {
  readonly suite: string;
  readonly lab: string;
  readonly out: string;
}

async function writeFiles({ argv, more = '', variants, port }: Lab): Promise<Files> {
  const home = await temporaryFolder();
  const [suite, lab, out] = ['suite.yaml', 'lab.yaml', 'run'].map((name) => join(home, name));
  await writeFile(suite!, SUITE);
  await writeFile(
    lab!,
    `schema_version: 1
targets:
  sim:
    url: http://127.0.0.1:${port}
    accelerator: h100-sxm
    serve:
      argv: ${JSON.stringify(argv)}
      stop: { grace_s: 5 }
${more}      variants:
${variants}`,
  );
  return { suite: suite!, lab: lab!, out: out! };
}

const simulate = [
  NODE,
  RIDGE,
  'simulate',
  '--tp',
  '{tensor_parallel}',
  '--port',
  '{port}',
  '--time-scale',
  '0.05',
];

interface Event {
  readonly kind: string;
  readonly target?: string;
  readonly state?: string;
  readonly message?: string | null;
  readonly reused?: boolean;
}

/** Runs `ridge run` and gives every event to `react`, which may kill or stop it. */
async function ridgeRun(
  argv: readonly string[],
  react: (event: Event, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
  env: Record<string, string> = {},
) {
  const child = execaNode(RIDGE, ['run', ...argv, '--json'], {
    reject: false,
    stdin: 'ignore',
    env,
    buffer: { stdout: false, stderr: true },
  });
  const events: Event[] = [];
  for await (const line of child.iterable()) {
    const event = JSON.parse(String(line)) as Event;
    events.push(event);
    react(event, (signal) => child.kill(signal));
  }
  const { exitCode, stderr } = await child;
  return { exitCode, stderr: String(stderr), events };
}

const failures = (events: readonly Event[]): string[] =>
  events.flatMap(({ kind, state, target, message }) =>
    kind === 'target_state' && state === 'failed' ? [`${target}: ${message}`] : [],
  );

describe('servers that a run starts', { timeout: 120_000 }, () => {
  test('two sizes one after another on one port, the anchors again after a restart', async () => {
    const port = await freePort();
    const { suite, lab, out } = await writeFiles({
      argv: simulate,
      port,
      more: '      restarts: 1\n',
      variants: '        tp1: { tensor_parallel: 1 }\n        tp2: { tensor_parallel: 2 }\n',
    });
    const { exitCode, events, stderr } = await ridgeRun([suite, '--lab', lab, '--out', out]);
    expect([0, 1]).toContain(exitCode);
    const { run, records } = await readRun(out);
    expect(run.targets.map(({ name, tensor_parallel }) => [name, tensor_parallel])).toEqual([
      ['sim-tp1', 1],
      ['sim-tp2', 2],
    ]);
    expect(run.not_started).toBeUndefined();
    expect(run.targets.map(({ served }) => served!.starts)).toEqual([2, 2]);
    for (const name of ['sim-tp1', 'sim-tp2']) {
      const own = records.filter(({ target }) => target === name);
      expect(new Set(own.map(({ key }) => key)).size).toBe(CELLS + 1);
      expect(own.filter(({ cell }) => cell.restart === 1).map(({ cell }) => cell.anchor)).toEqual(['start']);
      const log = await readFile(join(out, 'server', `${name}.log`), 'utf8');
      expect(log.match(/\[ridge: start \d/g)).toEqual(['[ridge: start 1', '[ridge: start 2']);
      expect(log).toContain('"state":"ready"');
    }
    // Which cells are sound is the host's matter; what is sound in both starts has a spread.
    for (const { target, starts, ttft } of run.restart_spread ?? []) {
      expect(starts).toBe(2);
      expect(ttft!.between_starts_percent).toBeGreaterThanOrEqual(0);
      expect(stderr).toContain(`${target}: between 2 starts`);
    }
    const order = events.flatMap(({ kind, target }) => (kind === 'cell_finished' ? [target] : []));
    expect(order.indexOf('sim-tp2')).toBeGreaterThan(order.lastIndexOf('sim-tp1') - 1);
    expect(await becomesFree(`http://127.0.0.1:${port}`, 10_000, new AbortController().signal)).toBe(true);
  });

  test('one that does not come up leaves the others alone; a resumed run starts only it', async () => {
    const port = await freePort();
    const { suite, lab, out } = await writeFiles({
      argv: [NODE, FAKE_SERVER, '{port}', 'exits'],
      port,
      variants: '        broken: {}\n',
    });
    const good = `  good:
    url: http://127.0.0.1:${port}
    accelerator: h100-sxm
    tensor_parallel: 1
    serve: { argv: ${JSON.stringify(simulate)} }
`;
    await writeFile(lab, (await readFile(lab, 'utf8')) + good);
    const first = await ridgeRun([suite, '--lab', lab, '--out', out]);
    expect(first.exitCode).toBe(3);
    expect(failures(first.events)).toEqual([
      expect.stringMatching(
        /^sim-broken: http:\/\/127\.0\.0\.1:\d+: the server ended with exit code 7 before it was ready: ValueError: No available memory for the cache blocks\. \(log: server\/sim-broken\.log\); 3 cells left out$/,
      ),
    ]);
    expect(first.stderr).toContain('sim-broken: http://127.0.0.1');
    const before = await readRun(out);
    expect(before.records.map(({ target }) => target)).toEqual(Array(CELLS).fill('good'));
    expect(before.run.not_started!.map(({ name }) => name)).toEqual(['sim-broken']);
    expect(await readFile(join(out, 'server', 'sim-broken.log'), 'utf8')).toContain('No available memory');

    // Without the lab file: the run knows its servers. The broken one is mended in between.
    const run = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
    const mended = [NODE, RIDGE, 'simulate', '--port', String(port), '--time-scale', '0.05'];
    run.not_started[0].definition.serve.argv = mended;
    await writeFile(join(out, 'run.json'), JSON.stringify(run));
    const second = await ridgeRun(['--resume', out]);
    expect([0, 1]).toContain(second.exitCode);
    const kept = second.events.filter(({ kind, reused }) => kind === 'cell_finished' && reused === true);
    expect(kept.filter(({ target }) => target === 'good').length).toBeGreaterThanOrEqual(CELLS);
    const started = second.events.filter(({ state, message }) => state === 'starting' && message);
    expect(new Set(started.map(({ target }) => target))).toEqual(new Set(['sim-broken']));
    const after = await readRun(out);
    expect(after.run.targets.map(({ name }) => name).sort()).toEqual(['good', 'sim-broken']);
    expect(after.records.filter(({ target }) => target === 'sim-broken')).toHaveLength(CELLS);
  });

  test.each(['SIGKILL', 'SIGINT'] as const)(
    '%s to the controller ends a server that is starting',
    async (signal) => {
      const pids = join(await temporaryFolder(), 'pids');
      const { suite, lab, out } = await writeFiles({
        argv: [NODE, FAKE_SERVER, '{port}', 'never', pids],
        port: await freePort(),
        variants: '        one: {}\n',
      });
      let asked = false;
      const { exitCode } = await ridgeRun([suite, '--lab', lab, '--out', out], ({ state, message }, kill) => {
        if (asked || state !== 'starting' || !message) return;
        asked = true;
        void until(async () => (await pidsOf(pids).catch(() => [])).length > 0).then(() => kill(signal));
      });
      expect(exitCode).toBe(signal === 'SIGINT' ? 130 : undefined);
      const started = await pidsOf(pids);
      await until(() => started.every((pid) => !isAlive(pid)));
      expect((await readRun(out)).run.not_started).toHaveLength(1);
    },
  );

  test('kill -9 in the middle of a cell ends the server; the resumed run measures the rest', async () => {
    const port = await freePort();
    const { suite, lab, out } = await writeFiles({
      argv: simulate,
      port,
      variants: '        tp1: { tensor_parallel: 1 }\n',
    });
    let finished = 0;
    await ridgeRun([suite, '--lab', lab, '--out', out], ({ kind }, kill) => {
      if (kind === 'cell_finished') finished += 1;
      if (kind === 'cell_started' && finished === 1) kill('SIGKILL');
    });
    const before = (await readRun(out)).records.map(({ key }) => key);
    expect(before).toHaveLength(1);
    await until(async () => !(await isListening(`http://127.0.0.1:${port}`)));
    const { exitCode } = await ridgeRun(['--resume', out]);
    expect([0, 1]).toContain(exitCode);
    const { run, records } = await readRun(out);
    expect(records).toHaveLength(CELLS);
    expect(records.map(({ key }) => key)).toEqual(expect.arrayContaining(before));
    expect(run.targets[0]!.served!.starts).toBe(2);
  });

  test('one that dies under load is started once more for the cells that it has not seen', async () => {
    const pids = join(await temporaryFolder(), 'pids');
    const { suite, lab, out } = await writeFiles({
      argv: [NODE, RECORDED, pids, ...simulate.slice(1)],
      port: await freePort(),
      variants: '        tp1: { tensor_parallel: 1 }\n',
    });
    let killed = false;
    const { exitCode, events } = await ridgeRun([suite, '--lab', lab, '--out', out], ({ kind }) => {
      if (killed || kind !== 'cell_started') return;
      killed = true;
      process.kill(Number(readFileSync(pids, 'utf8').split('\n')[0]), 'SIGKILL');
    });
    // The cell that was cut off is no measurement; on a busy host it may have been whole before.
    expect([0, 1, 3]).toContain(exitCode);
    const { run, records } = await readRun(out);
    expect(run.targets[0]!.served!.starts).toBe(2);
    const sound = records.filter(({ reasons }) => reasons.every(({ code }) => code !== 'request_failed'));
    expect(sound.length).toBeGreaterThanOrEqual(CELLS - 1);
    const told = events.flatMap(({ kind, message }) => (kind === 'warning' && message ? [message] : []));
    expect(told).toContainEqual(
      expect.stringMatching(/^the server was killed by SIGKILL.*; it is started again for 2 cells$/),
    );
  });

  test('kill -9 of the agent that started it ends it, too, and the run says so', async () => {
    const pids = join(await temporaryFolder(), 'pids');
    const { suite, lab, out } = await writeFiles({
      argv: [NODE, FAKE_SERVER, '{port}', 'never', pids],
      port: await freePort(),
      variants: '        one: {}\n',
    });
    let asked = false;
    const { exitCode, events } = await ridgeRun([suite, '--lab', lab, '--out', out], ({ state, message }) => {
      if (asked || state !== 'starting' || !message) return;
      asked = true;
      void until(async () => (await pidsOf(pids).catch(() => [])).length > 0)
        .then(() => pidsOf(pids))
        .then(([server]) => process.kill(parentOf(server!), 'SIGKILL'));
    });
    expect(exitCode).toBe(3);
    expect(failures(events)).toEqual([expect.stringMatching(/^sim-one: .*agent was killed by SIGKILL/)]);
    const [server] = await pidsOf(pids);
    await until(() => !isAlive(server!));
  });

  test('a secret of the environment reaches the server and neither run nor log', async () => {
    const { suite, lab, out } = await writeFiles({
      argv: [NODE, FAKE_SERVER, '{port}', 'exits'],
      port: await freePort(),
      more: '      env_from: [FAKE_SECRET]\n',
      variants: '        one: {}\n',
    });
    const { exitCode, events, stderr } = await ridgeRun([suite, '--lab', lab, '--out', out], undefined, {
      FAKE_SECRET: 'pass-w0rd',
    });
    expect(exitCode).toBe(3);
    const log = await readFile(join(out, 'server', 'sim-one.log'), 'utf8');
    expect(log).toContain('the key is ***');
    const told = [log, JSON.stringify(events), stderr, await readFile(join(out, 'run.json'), 'utf8')].join();
    expect(told).not.toContain('pass-w0rd');
  });

  test('an adaptive run says which server did not come up', async () => {
    const port = await freePort();
    const { suite, lab, out } = await writeFiles({
      argv: [NODE, FAKE_SERVER, '{port}', 'exits'],
      port,
      variants: '        broken: {}\n',
    });
    const { exitCode, events } = await ridgeRun([suite, '--lab', lab, '--out', out, '--adaptive']);
    expect(exitCode).toBe(3);
    expect(failures(events)[0]).toContain('sim-broken');
  });
});
