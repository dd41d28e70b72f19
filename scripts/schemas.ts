/** `npm run schemas`: writes the published JSON Schemas anew from the code. */
import { writeFile } from 'node:fs/promises';
import { schemaDocuments } from './schemas/documents.ts';

for (const { path, content } of schemaDocuments()) {
  await writeFile(new URL(`../${path}`, import.meta.url), content);
  console.log(`wrote ${path}`);
}
