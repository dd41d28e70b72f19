import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { execaNode } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { findAccelerator } from '../../src/accelerator/catalogue.ts';
import { cellPower } from '../../src/agent/cell-power.ts';
import type { AgentTarget, PowerTask } from '../../src/agent/protocol.ts';
import { measureIdle, openPower } from '../../src/agent/target-power.ts';
import { endpointWork } from '../../src/agent/work.ts';
import { judgeEnvironment } from '../../src/measure/verdict.ts';
import { PowerWatch } from '../../src/power/power-watch.ts';
import { powerClock } from '../../src/power/spawned-sampler.ts';
import { environmentOf } from '../../src/run/describe-target.ts';
import { readRun } from '../../src/run/read-run.ts';
import { installTools } from '../../src/simulate/power/install-tools.ts';
import type { Quirk } from '../../src/simulate/power/tools/fake-tool.ts';
import { runTarget, temporaryFolder } from '../run/facts.ts';
import { endpoint } from '../simulate/endpoint.ts';
import { device } from '../simulate/factory.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));

/** Puts a folder in front of this process's PATH until the test ends. */
function onPath(folder: string, path = process.env.PATH ?? ''): void {
  const before = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  process.env.PATH = `${folder}${delimiter}${path}`;
}

/** An `hl-smi` that answers its first question, and then does as the lines say. */
async function hlSmi(thenLines: string): Promise<string> {
  const folder = await temporaryFolder();
  const file = join(folder, 'hl-smi');
  const loop = `case "$*" in *-l*) ;; *) echo "0, 1.21, 400, 50"; exit 0;; esac`;
  await writeFile(file, `#!/bin/sh\n${loop}\n${thenLines}\n`);
  await chmod(file, 0o755);
  return folder;
}

const targetWith = (power: Partial<PowerTask> | null, url = 'http://10.0.0.5:8000'): AgentTarget => ({
  url,
  model: null,
  api_key: null,
  api_key_env: null,
  power: power && {
    source: 'auto',
    authorization: null,
    devices: null,
    device_count: null,
    required: false,
    ...power,
  },
});

/** The energy of a window that ends now. */
async function energyNow(watch: PowerWatch, seconds: number) {
  const origin = powerClock() - seconds;
  return cellPower(watch, {
    window: { opened_s: 0, closed_s: seconds },
    origin,
    produced: { outputTokens: 0, inputTokens: 0, requests: 0 },
    idlePower_w: null,
    stoppedBy: 'converged',
  });
}

describe('a cell over real sockets beside a fake amd-smi', { timeout: 120_000 }, () => {
  test('has the energy that the simulator spent; idle power before and after, and the readings, are kept', async () => {
    const { url, state } = await endpoint({
      device: device({ accelerator: findAccelerator('mi300x'), timeScale: 1, seed: 3 }),
    });
    const at = await temporaryFolder();
    await installTools(join(at, 'tools'), url);
    const suite = `schema_version: 1
name: watts
grid: [{ input: [256], output: [24], load: { concurrency: [2] } }]
stop: { confidence_half_width: 0.5, min_requests: 4, max_requests: 400, min_s: 0.1, max_s: 1 }
`;
    const power = `power: { source: amd-smi, path: tools, idle_s: 1 }`;
    const lab = `schema_version: 1\ntargets: { a: { url: "${url}", ${power} } }\n`;
    await writeFile(join(at, 'suite.yaml'), suite);
    await writeFile(join(at, 'lab.yaml'), lab);
    const argv = ['run', join(at, 'suite.yaml'), '--lab', join(at, 'lab.yaml'), '--out', join(at, 'run')];
    const { stdout, stderr } = await execaNode(RIDGE, [...argv, '--plain'], {
      reject: false,
      stdin: 'ignore',
    });
    expect(stderr).toBe('');
    const { run, records } = await readRun(join(at, 'run'));
    const [{ energy, window, started_at, reasons }] = records as [(typeof records)[0]];

    expect(run.targets[0]!.power).toMatchObject({ source: 'amd-smi', devices: ['0'], has_counter: true });
    expect(window!.closed_s - window!.opened_s).toBeGreaterThan(10);
    expect(window!.opened_s).toBeGreaterThan(2);
    // The cell began some tenths of a second before its clock did: in a steady load that is next to nothing.
    const ago = (Date.now() - Date.parse(started_at!)) / 1000;
    const [from, to] = [window!.opened_s, window!.closed_s].map(
      (seconds) => state.live.now() - ago + seconds,
    );
    const truth = state.live.loop.power.mean(from!, to!);
    expect(energy!.power_w! / truth, JSON.stringify(energy)).toBeGreaterThan(0.95);
    expect(energy!.power_w! / truth, JSON.stringify(energy)).toBeLessThan(1.05);
    expect(energy!.taken_from).toBe('counter');
    expect(energy!.reasons.filter(({ effect }) => effect === 'reject')).toEqual([]);
    expect(energy!.idle_power_w! / state.device.power.idle_power_w).toBeCloseTo(1, 1);
    const { gross, above_idle } = energy!.joules_per_output_token!;
    expect(above_idle).toBeGreaterThan(0);
    expect(above_idle).toBeLessThan(gross);
    expect(reasons.map(({ code }) => code)).not.toContain('throttled');
    expect(stdout).toMatch(/tok\/s, \d+ W, [\d.]+ J\/token: /);

    const idle = (await readFile(join(at, 'run', 'power', 'idle.jsonl'), 'utf8')).trim().split('\n');
    expect(idle.map((line) => JSON.parse(line).place)).toEqual(['before', 'after']);
    const readings = JSON.parse(gunzipSync(await readFile(join(at, 'run', energy!.power_file!))).toString());
    expect(Math.max(...readings.at_s)).toBeGreaterThan(window!.closed_s);
    expect(Math.min(...readings.at_s)).toBeLessThan(window!.opened_s);
  });
});

describe('what devices say of themselves', () => {
  const atWork = async (powerQuirks: readonly Quirk[], limitedTo?: number) => {
    const simulated = await endpoint({ device: device({ seed: 2 }), powerQuirks });
    const path = await temporaryFolder();
    await installTools(path, simulated.url, ['nvidia-smi']);
    onPath(path);
    if (limitedTo !== undefined) Object.assign(simulated.state.device.power, { power_limit_w: limitedTo });
    return { ...simulated, path };
  };
  const windowAtWork = async (quirks: readonly Quirk[], limitedTo?: number) => {
    await atWork(quirks, limitedTo);
    const watch = (await PowerWatch.open({ source: 'nvidia-smi' }, null, 1))!;
    onTestFinished(() => watch.stop());
    watch.begin();
    while ((await watch.until(0)).samples.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    return energyNow(watch, 0.2);
  };

  test('a thermal limit flags the cell and keeps it out of fits; clocks and temperatures are kept', async () => {
    const { energy, reasons } = await windowAtWork(['throttle']);
    expect(reasons).toMatchObject([{ code: 'throttled', effect: 'flagged', fit: 'exclude' }]);
    expect(energy.reasons).toContainEqual(expect.objectContaining({ code: 'throttled', effect: 'flag' }));
    const [one] = energy.devices;
    expect(one!.mean_clock_mhz).toBe(345);
    expect(one!.temperature_first_c).toBe(32);
  });

  test('a power cap is a note, and the cell is used', async () => {
    // Idle power is at this limit.
    const { energy, reasons } = await windowAtWork([], 10);
    expect(reasons).toMatchObject([{ code: 'power_capped', effect: 'note', fit: 'use' }]);
    expect(energy.reasons).toContainEqual(expect.objectContaining({ code: 'power_capped', effect: 'note' }));
  });

  test('clocks that are set anew while a run lasts are a changed environment', async () => {
    const { url, state } = await atWork([]);
    const work = endpointWork();
    onTestFinished(() => work.close!());
    const target = targetWith({ source: 'nvidia-smi' }, url);
    const before = runTarget({ power: (await work.identify(target)).power! });
    expect(before.power).toMatchObject({ application_clocks_mhz: [1755] });
    expect(before.power).not.toHaveProperty('application_memory_clocks_mhz');
    state.power.application_clock_mhz = 1200;
    const after = runTarget({ power: (await work.identify(target)).power! });
    expect(judgeEnvironment(environmentOf(before), environmentOf(after))).toMatchObject({
      code: 'environment_changed',
      message: 'power.nvidia-smi.application_clocks_mhz 1755 -> 1200',
    });
  });

  test('a power limit that changes while a run lasts is a changed environment; a tool that is gone is not', async () => {
    const { url, state, path } = await atWork([]);
    const work = endpointWork();
    onTestFinished(() => work.close!());
    const target = targetWith({ source: 'nvidia-smi' }, url);
    const before = runTarget({ power: (await work.identify(target)).power! });
    expect(before.power).toMatchObject({ version: '580.00', limits_w: [700], devices: ['0'] });
    Object.assign(state.device.power, { power_limit_w: 500 });
    const after = runTarget({ power: (await work.identify(target)).power! });
    expect(judgeEnvironment(environmentOf(before), environmentOf(after))).toMatchObject({
      code: 'environment_changed',
      message: 'power.nvidia-smi.limits_w 700 -> 500',
    });
    await rm(path, { recursive: true });
    const gone = runTarget({ power: (await work.identify(target)).power! });
    expect(judgeEnvironment(environmentOf(before), environmentOf(gone))).toBeNull();
    expect(judgeEnvironment(environmentOf(before), environmentOf(runTarget()))).toBeNull();
  });
});

describe('a tool that fails spoils the energy, never the timings', () => {
  const open = async (then: string): Promise<PowerWatch> => {
    onPath(await hlSmi(then));
    const { watch } = await openPower(targetWith({ source: 'hl-smi' }), null);
    onTestFinished(() => watch!.stop());
    return watch!;
  };

  test('one that dies is named with its last words', async () => {
    const watch = await open('echo "no device" >&2; exit 3');
    watch.begin();
    await watch.until(powerClock());
    const { energy, reasons } = await energyNow(watch, 1);
    expect(energy).toMatchObject({ energy_j: null, power_w: null, joules_per_request: null });
    expect(energy.reasons).toMatchObject([
      { code: 'telemetry_missing', effect: 'reject', message: 'hl-smi ended (3): no device' },
    ]);
    expect(reasons).toEqual([]);
  });

  test('one that falls silent leaves a window that is not bracketed', async () => {
    const watch = await open('echo "0, 1.21, 400, 50"; exec sleep 60');
    watch.begin();
    const { energy, reasons } = await energyNow(watch, 0.1);
    expect(energy.energy_j).toBeNull();
    expect(energy.reasons.map(({ code }) => code)).toContain('not_bracketed');
    expect(reasons).toEqual([]);
  });

  test('one that died is started again with the next cell', async () => {
    const folder = await temporaryFolder();
    const mark = join(folder, 'seen');
    const watch = await open(
      `[ -e '${mark}' ] || { touch '${mark}'; exit 9; }\nwhile true; do echo "0, 1.21, 250, 50"; sleep 0.05; done`,
    );
    watch.begin();
    expect((await watch.until(powerClock())).failed).toMatch(/hl-smi ended \(9\)/);
    watch.begin();
    const { samples, failed } = await watch.until(powerClock());
    expect(failed).toBeNull();
    expect(samples.at(-1)).toMatchObject({ device: '0', power_w: 250 });
  });
});

const NOTHING = { watch: null, prefill: null, warnings: [] };

describe('the two servers of a pair', () => {
  test('may have tools of one name in folders of their own; idle power is that of each', async () => {
    const [own, others] = await Promise.all(
      [250, 90].map((watts) => hlSmi(`while true; do echo "0, 1.21, ${watts}, 50"; sleep 0.05; done`)),
    );
    const task = (path: string | undefined): PowerTask =>
      targetWith({ source: 'hl-smi', path: path! }).power!;
    const opened = await openPower(
      { ...targetWith(null), power: task(own), prefill_power: task(others) },
      null,
    );
    onTestFinished(async () => {
      await Promise.all([opened.watch?.stop(), opened.prefill?.stop()]);
    });
    expect(opened.warnings).toEqual([]);
    const idle = await measureIdle(opened, 0.5, new AbortController().signal);
    expect(idle).toMatchObject({
      power_w: expect.closeTo(250, 6),
      prefill_power_w: expect.closeTo(90, 6),
      message: null,
    });
    expect(process.env.PATH).not.toContain(own!);
  });
});

describe('a source that is missing', () => {
  test('is a warning where it was not required, and then nothing is read', async () => {
    onPath(await temporaryFolder(), '');
    const named = await openPower(targetWith({ source: 'hl-smi' }), null);
    expect(named.watch).toBeNull();
    expect(named.warnings.join()).toMatch(/^no power is read: power source hl-smi is not there/);
    expect(await openPower(targetWith({}), null)).toEqual(NOTHING);
    const { signal } = new AbortController();
    expect(await measureIdle(NOTHING, 1, signal)).toMatchObject({
      power_w: null,
      message: 'no power source',
    });
  });

  test('is not looked for beside a server on another host', async () => {
    const folder = await hlSmi('exec sleep 60');
    onPath(folder, '');
    expect(await openPower(targetWith(null), null)).toEqual(NOTHING);
    const here = await openPower(targetWith(null, 'http://127.0.0.1:8000'), null);
    expect(here.watch?.facts.source).toBe('hl-smi');
  });

  test('fails the run before its first cell where it is required, in three lines at most', async () => {
    const { url } = await endpoint();
    const at = await temporaryFolder();
    const power = `power: { source: xpu-smi, path: "${at}" }`;
    await writeFile(join(at, 'lab.yaml'), `schema_version: 1\ntargets: { a: { url: "${url}", ${power} } }\n`);
    const argv = ['run', 'suites/quick.yaml', '--lab', join(at, 'lab.yaml'), '--out', join(at, 'run')];
    const { exitCode, stderr } = await execaNode(RIDGE, [...argv, '--plain'], { reject: false });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('power source xpu-smi is not there');
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3);
    await expect(readRun(join(at, 'run'))).rejects.toThrow();
  });
});
