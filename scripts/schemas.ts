import { writeFile } from 'node:fs/promises';
import { schemaFiles } from './schema-files.ts';

/** Writes the JSON Schemas that are published beside suites, fits and runs. A test checks that they are not stale. */
for (const [file, text] of await schemaFiles()) {
  await writeFile(file, text);
  console.log(file);
}
