import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcome, ridge } from '../cli/ridge.ts';
import { unfolded } from '../cli/unfolded.ts';
import { fitFolder, madeRealFit, textOf, withContent } from '../fitfile/made-fit.ts';

const fit = madeRealFit();
const PLACE = join('h100-sxm', 'llama-3.1-8b', 'vllm-virtual-bf16.fit.json');
let folder: string;
let source: string;
let fits: string;
const at = (name: string): string => join(folder, name);

let dryRun: Outcome;
let afterDryRun: boolean;
let published: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ridge-publish-'));
  source = at('run.fit.json');
  fits = at('fits');
  await writeFile(source, textOf(fit));
  await ridge('publish', '--new-key', at('lab.pem'));
  dryRun = await ridge('publish', source, '--to', fits, '--dry-run');
  afterDryRun = existsSync(fits);
  published = await ridge('publish', source, '--to', fits, '--key', at('lab.pem'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('from a fit to a reader who trusts it', () => {
  test('publish says what was checked, removed and written', async () => {
    const { exitCode, stdout, stderr } = published;
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/cells +\d+ +at least 8/);
    expect(stdout).toContain("name of target, targets: 'sim-tp1' is now 'h100-sxm-tp1'");
    expect(stdout).toContain(`signed\npublished: ${join(fits, PLACE)}`);
    expect((await readdir(fits)).sort()).toEqual(['h100-sxm', 'index.json']);
  });

  test('a dry run says the same and writes nothing', () => {
    expect(dryRun.exitCode).toBe(0);
    expect(dryRun.stdout).toContain(`would be published: ${join(fits, PLACE)}`);
    expect(afterDryRun).toBe(false);
  });

  test('again is nothing to do', async () => {
    const before = await stat(join(fits, PLACE));
    const index = await stat(join(fits, 'index.json'));
    const { exitCode, stdout } = await ridge(
      'publish',
      source,
      '--to',
      fits,
      '--key',
      at('lab.pem'),
      '--json',
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'unchanged', file: join(fits, PLACE) });
    const unsigned = await ridge('publish', source, '--to', fits);
    expect(unsigned.stdout).toContain('\nsigned\npublished already, nothing to do');
    expect((await stat(join(fits, PLACE))).ino).toBe(before.ino);
    expect((await stat(join(fits, 'index.json'))).ino).toBe(index.ino);
  });

  test('check with the public key; the folder, its index and the file alone', async () => {
    for (const path of [fits, join(fits, 'index.json'), join(fits, PLACE)]) {
      const { exitCode, stdout } = await ridge('check', path, '--public-key', at('lab.pem.pub'));
      expect(exitCode).toBe(0);
      expect(unfolded(stdout)).toMatch(/fit, good: .*examples reproduced, signed by sha256:/);
    }
    const plain = await ridge('check', fits);
    expect(unfolded(plain.stdout)).toMatch(/signed by the key it carries .*--public-key tells whose it is/);
    expect(plain.stdout).toContain('index, good');
  });

  test('another key, or no signature at all, is wrong where one was asked for', async () => {
    const made = await ridge('publish', '--new-key', at('other.pem'));
    expect(made.stdout).toMatch(/fingerprint +sha256:[0-9a-f]{64}$/);
    const { exitCode, stdout } = await ridge(
      'check',
      fits,
      source,
      '--public-key',
      at('other.pem.pub'),
      '--json',
    );
    expect(exitCode).toBe(1);
    const [published, index, plain] = JSON.parse(stdout);
    expect(published.problems[0].message).toMatch(/^signed by another key/);
    expect(published.signature.state).toBe('other_key');
    expect(index.problems).toEqual([]);
    expect(plain.problems[0].message).toBe('not signed');
    const missing = await ridge('check', fits, '--public-key', at('no.pem.pub'));
    expect(missing).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no such file') });
  });
});

describe('a file that was changed is wrong', () => {
  const changed = async (name: string, change: (fit: Record<string, unknown>) => void): Promise<string> => {
    const content = JSON.parse(await readFile(join(fits, PLACE), 'utf8'));
    change(content);
    const file = at(name);
    await writeFile(file, textOf(content));
    return file;
  };
  const one = <Value>(list: unknown): Value => (list as Value[])[0]!;

  test('a digit, the signature, an example that is sealed again, the end cut off', async () => {
    const digit = await changed('digit.json', (content) => {
      one<{ measured: number }>(content.residuals).measured += 1e-9;
    });
    const signature = await changed('signature.json', (content) => {
      const { value } = content.signature as { value: string };
      // The first character: the last one before the padding holds only two bits, and one in four is an A already.
      const first = value.startsWith('A') ? 'B' : 'A';
      content.signature = { ...(content.signature as object), value: `${first}${value.slice(1)}` };
    });
    const { examples } = fit;
    const [first, ...rest] = examples;
    const wrong = { ...first!, expected: { ...first!.expected, ttft_ms: first!.expected.ttft_ms! * 1.001 } };
    const example = at('example.json');
    await writeFile(example, textOf(withContent(fit, { examples: [wrong, ...rest] })));
    const cut = at('cut.json');
    await writeFile(cut, textOf(fit).slice(0, -100));
    const { exitCode, stdout } = await ridge('check', digit, signature, example, cut, '--json');
    expect(exitCode).toBe(1);
    expect(
      JSON.parse(stdout).map(({ problems }: { problems: { message: string }[] }) => problems[0]!.message),
    ).toEqual([
      expect.stringMatching(/does not match its digest/),
      'the signature does not match',
      expect.stringMatching(/an example is not reproduced: ttft_ms of .* differs by 1\.0e-3/),
      expect.stringMatching(/truncated/),
    ]);
  });

  test('an index that was not kept up', async () => {
    const index = join(fits, 'index.json');
    const good = await readFile(index, 'utf8');
    await writeFile(index, good.replace('sha256:', 'sha256:0'));
    const { exitCode, stdout } = await ridge('check', fits);
    await writeFile(index, good);
    expect(exitCode).toBe(1);
    expect(unfolded(stdout)).toMatch(/index\.json: the entry of h100-sxm\/.* is stale: digest/);
  });
});

describe('what is refused', () => {
  test('a simulated fit, unless it is allowed: then its place and the last line show it', async () => {
    const { write, folder: to } = await fitFolder();
    const file = await write('simulated.fit.json', textOf(withContent(fit, { simulated: true })));
    const refused = await ridge('publish', file, '--to', join(to, 'fits'));
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('  device: 1, at most 0: SIMULATED: made from simulated endpoints');
    expect(existsSync(join(to, 'fits'))).toBe(false);
    const allowed = await ridge('publish', file, '--to', join(to, 'fits'), '--allow-simulated');
    expect(allowed.exitCode).toBe(0);
    expect(allowed.stdout).toContain(`published, SIMULATED: ${join(to, 'fits', `simulated-${PLACE}`)}`);
    expect(allowed.stdout).toContain('attribution: none; --attribution TEXT');
  });

  test('by gates: every one that says no, with figure, limit and what to do, and nothing is written', async () => {
    const { write, folder: to } = await fitFolder();
    const bad = await write(
      'bad.fit.json',
      textOf(
        withContent(fit, {
          residuals: fit.residuals.slice(0, 4),
          validation: { ...fit.validation, hold_out: null, blocked: [] },
          flagged: [{ code: 'drift', target: 'sim-tp1', cells: 7 }],
        }),
      ),
    );
    const { exitCode, stdout, stderr } = await ridge('publish', bad, '--to', join(to, 'fits'));
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr.split('\n')).toEqual([
      `ridge: ${bad}: not published: 3 of 6 gates said no`,
      expect.stringMatching(/^ {2}cells: \d, at least 8: /),
      expect.stringMatching(/^ {4}Measure more cells/),
      '  hold_outs: 0, at least 1: 0 measured numbers predicted without having been seen',
      expect.stringMatching(/^ {4}Mark cells hold_out/),
      '  drift: 7, at most 0: 7 cells of runs that drifted (sim-tp1)',
      expect.stringMatching(/^ {4}Measure these targets again/),
    ]);
    expect(existsSync(join(to, 'fits'))).toBe(false);
    const json = await ridge('publish', bad, '--to', join(to, 'fits'), '--json');
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'refused' });
  });

  test('another fit in its place, a damaged one, a wrong key, no file', async () => {
    const { write } = await fitFolder();
    const other = await write('other.json', textOf(withContent(fit, { degrees_of_freedom: 99 })));
    const damaged = await write('damaged.json', '{"schema_version":"1.0.0"');
    for (const [argv, words] of [
      [[other, '--to', fits], 'a fit with other content is published there'],
      [[damaged], 'truncated or damaged'],
      [[source, '--key', damaged], 'no private key in PEM form'],
      [['nowhere.json'], 'no such file'],
      [[source, '--attribution', ''], '--attribution is empty'],
      [['--new-key', at('lab.pem')], 'a file is there already'],
      [[], 'give one fit file'],
    ] as const) {
      const { exitCode, stderr } = await ridge('publish', ...argv);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(words);
      expect(stderr.split('\n').length).toBeLessThanOrEqual(3);
    }
    const dry = await ridge('publish', other, '--to', fits, '--dry-run');
    expect(dry.stdout).toContain('would be refused');
  });
});
