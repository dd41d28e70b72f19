import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

process.env.TZ = 'UTC';

/** Stages that only compute: their files share a process, in which modules load once, and all cores. */
const COMPUTING = [
  ...['accelerator', 'model', 'roofline', 'stats', 'suite', 'suites', 'plan', 'measure'],
  ...['fit', 'fitfile', 'import', 'load', 'predict', 'cost', 'report', 'schemas'],
].map((stage) => `test/${stage}/**/*.test.ts`);
/** Verbs that start nothing but themselves. */
const COMMANDS = ['test/commands/!(run|probe)*.test.ts'];
/** Sockets and clocks within one process, and what reads no more than files: they share it, one after another. */
const SOCKETS = ['endpoint', 'simulate', 'null-server', 'power', 'scripts', 'vllm-setup', 'architecture'].map(
  (stage) => `test/${stage}/**/*.test.ts`,
);
/** They run beside each other, before all others. */
const BESIDE = { maxWorkers: '100%', sequence: { groupOrder: 0 } } as const;

export default defineConfig({
  test: {
    globalSetup: ['test/global-setup.ts'],
    // No test reads what this host was calibrated to.
    env: { TZ: 'UTC', XDG_CACHE_HOME: join(tmpdir(), 'ridge-no-cache') },
    // Concurrent tests are those that mostly wait.
    maxConcurrency: 16,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'computing',
          include: COMPUTING,
          isolate: false,
          ...BESIDE,
        },
      },
      { extends: true, test: { name: 'commands', include: COMMANDS, ...BESIDE } },
      {
        extends: true,
        test: {
          name: 'sockets',
          include: SOCKETS,
          isolate: false,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // They start commands and servers, which take the other cores, or change what all share.
        extends: true,
        test: {
          name: 'running',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...COMPUTING, ...COMMANDS, ...SOCKETS],
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
