import { execa } from 'execa';

/**
 * Builds `dist/` once, so that tests can start the real `bin/ridge.js`. Types are the `types` script's business: here
 * only the emitted code counts, and the incremental build rewrites only files that changed.
 */
export default async function setup(): Promise<void> {
  await execa('tsc', ['-p', 'tsconfig.build.json', '--noCheck'], { preferLocal: true, stdio: 'inherit' });
}
