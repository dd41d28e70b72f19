import { type Suite, suiteSchema } from '../suite/schema.ts';
import type { MeasuredRow } from './measured-row.ts';

/** The grid that the rows cover, as a suite; how they were driven stands in their targets. */
export function suiteOf(rows: readonly MeasuredRow[], id: string): Suite {
  const shapes = Map.groupBy(rows, (row) => `${row.inputTokens} ${row.outputTokens}`);
  return suiteSchema.parse({
    schema_version: 1,
    name: suiteName(id),
    description: 'Imported measurements: their grid. How they were driven stands in the targets.',
    grid: [...shapes.values()].map((shape) => ({
      input: [shape[0]!.inputTokens],
      output: [shape[0]!.outputTokens],
      load: { concurrency: [...new Set(shape.map((row) => row.concurrency))].sort((a, b) => a - b) },
    })),
  });
}

const suiteName = (id: string): string =>
  id
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '') || 'import';
