import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { examplesFor } from '../../src/fitfile/examples.ts';
import { makeFit } from '../../src/fitfile/make-fit.ts';
import type { Fit } from '../../src/fitfile/schema.ts';
import { withDigest } from '../../src/fitfile/write.ts';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import { measureSuite } from '../fit/virtual.ts';
import { temporaryFolder } from '../run/facts.ts';

let made: Fit | null = null;

/** A fit of a small suite, made once a test file. */
export const madeFit = (): Fit => {
  made ??= makeFit([measureSuite()], { createdAt: '2026-01-15T12:00:00.000Z', toolVersion: '0.1.0' });
  return made;
};

/** A fit with other content, with the digest of what it then is. */
export function withContent(fit: Fit, changes: Readonly<Record<string, unknown>>): Fit {
  const { digest: _, signature: __, ...content } = fit;
  return withDigest({ ...content, ...changes } as Omit<Fit, 'digest'>);
}

/** The same as if real devices had been measured: one that may be published. */
export const madeRealFit = (): Fit => withContent(madeFit(), { simulated: false });

/** The same, with the examples that belong to it. */
export function withExamples(fit: Fit, changes: Readonly<Record<string, unknown>>): Fit {
  const changed = withContent(fit, changes);
  return withContent(changed, { examples: examplesFor(changed) });
}

export const textOf = (fit: object): string => `${canonicalJson(fit)}\n`;

/** A folder that is gone after the test, and a way to write files into it. */
export async function fitFolder() {
  const folder = await temporaryFolder();
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };
  return { folder, write };
}
