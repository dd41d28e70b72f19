import { z } from 'zod';
import { cellRecordSchema, requestLineSchema, runSchema } from '../../src/run/schema.ts';
import { labSchema, suiteSchema } from '../../src/suite/schema.ts';

/** A published JSON Schema: where it lies and what it says. */
export interface SchemaDocument {
  /** Relative to the repository. */
  readonly path: string;
  readonly content: string;
}

/** Draft 7, which editors' YAML support understands; `input` is the side of the file, where defaults may be left out. */
const toJson = (schema: z.ZodType): object =>
  z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });

/** Without the marker of the draft, which stands only at the top of a document. */
function toDefinition(schema: z.ZodType): object {
  const { $schema: _, ...definition } = toJson(schema) as Record<string, unknown>;
  return definition;
}

const document = (path: string, title: string, schema: object): SchemaDocument => ({
  path,
  content: `${JSON.stringify({ title, ...schema }, null, 2)}\n`,
});

/** Every schema that is published beside its files, generated from the code that reads them. */
export const schemaDocuments = (): SchemaDocument[] => [
  document('suites/suite.v1.schema.json', 'Ridgepoint suite', toJson(suiteSchema)),
  document('suites/lab.v1.schema.json', 'Ridgepoint lab', toJson(labSchema)),
  document(
    'runs/run.v1.schema.json',
    'Ridgepoint run record (run.json; lines of cells.jsonl and requests/ under definitions)',
    {
      ...toJson(runSchema),
      definitions: { cell: toDefinition(cellRecordSchema), request: toDefinition(requestLineSchema) },
    },
  ),
];
