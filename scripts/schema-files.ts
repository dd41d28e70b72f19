import { z } from 'zod';
import { deviceSchema } from '../src/fitfile/device-schema.ts';
import { fitIndexSchema } from '../src/fitfile/index-file-schema.ts';
import { fitSchema } from '../src/fitfile/schema.ts';
import { cellRecordSchema, requestLineSchema, runSchema } from '../src/run/schema.ts';
import { labSchema, suiteSchema } from '../src/suite/schema.ts';

interface Published {
  readonly file: string;
  readonly title: string;
  readonly schema: z.ZodType;
  /** `input`: what a person writes, defaults left out; `output`: what the program writes. */
  readonly io: 'input' | 'output';
}

const PUBLISHED: readonly Published[] = [
  { file: 'suites/suite.v1.schema.json', title: 'Ridgepoint suite', schema: suiteSchema, io: 'input' },
  { file: 'suites/lab.v1.schema.json', title: 'Ridgepoint lab file', schema: labSchema, io: 'input' },
  { file: 'fits/fit.v1.schema.json', title: 'Ridgepoint fit file', schema: fitSchema, io: 'output' },
  { file: 'fits/device.v1.schema.json', title: 'Ridgepoint device file', schema: deviceSchema, io: 'output' },
  {
    file: 'fits/index.v1.schema.json',
    title: 'Ridgepoint index of published fits',
    schema: fitIndexSchema,
    io: 'output',
  },
  {
    file: 'runs/run.v1.schema.json',
    title: 'Ridgepoint run record: run.json, a line of cells.jsonl, a line of requests/*.jsonl.gz',
    schema: z.union([runSchema, cellRecordSchema, requestLineSchema]),
    io: 'output',
  },
];

/** Every published JSON Schema: path from the repository's root, and its text. */
export async function schemaFiles(): Promise<[file: string, text: string][]> {
  return PUBLISHED.map(({ file, title, schema, io }) => {
    const body = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' });
    const { $schema, ...rest } = body;
    const $id = file.split('/').at(-1)!;
    return [file, `${JSON.stringify({ $schema, $id, title, ...rest }, null, 2)}\n`];
  });
}
