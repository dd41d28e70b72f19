/** Removes from `dist/` what was built from sources that are gone, so that no dead code is packed. */
import { existsSync, globSync, rmSync } from 'node:fs';

const sourceOf = (built: string): string[] => {
  const stem = built.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)$/, '');
  return [`${stem}.ts`, `${stem}.tsx`];
};

for (const built of globSync('dist/**/*.{js,d.ts}')) {
  if (!sourceOf(built).some((source) => existsSync(source))) {
    rmSync(built);
    console.log(`removed ${built}: its source is gone`);
  }
}
