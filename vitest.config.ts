import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

process.env.TZ = 'UTC';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    globalSetup: ['test/global-setup.ts'],
    // No test reads what this host was calibrated to.
    env: { TZ: 'UTC', XDG_CACHE_HOME: join(tmpdir(), 'ridge-no-cache') },
    // Concurrent tests are those that mostly wait.
    maxConcurrency: 16,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    unstubEnvs: true,
  },
});
