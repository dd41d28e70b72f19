import type { z } from 'zod';
import type { Path } from './yaml-source.ts';

/** The parts of a schema's definition that lead to keys. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly keyType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly entries?: Readonly<Record<string, string>>;
}

const definition = (schema: z.ZodType): Definition => schema._zod.def as unknown as Definition;

/** Alternatives of a schema with wrappers (optional, default, union) opened. */
function open(schema: z.ZodType): Definition[] {
  const def = definition(schema);
  if (def.innerType) return open(def.innerType);
  if (def.options) return def.options.flatMap(open);
  return [def];
}

function step(def: Definition, key: PropertyKey): Definition[] {
  const next = def.shape?.[String(key)] ?? def.element ?? def.valueType;
  return next ? open(next) : [];
}

/** Keys that the schema allows in the map at `path`; empty where any key goes. */
export function knownKeys(schema: z.ZodType, path: Path): string[] {
  let level = open(schema);
  for (const key of path) level = level.flatMap((def) => step(def, key));
  return level.flatMap((def) => {
    if (def.shape) return Object.keys(def.shape);
    const entries = def.keyType && definition(def.keyType).entries;
    return entries ? Object.values(entries) : [];
  });
}
