import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Import {
  /** A path under `src/`, or the name of a package. */
  readonly of: string;
  /** Gone when compiled. */
  readonly typeOnly: boolean;
  /** `import('x')`: loaded only when asked for. */
  readonly lazy: boolean;
}

/** `import type ... from 'x'`, `import ... from 'x'`, `export ... from 'x'`, `import('x')`. */
const IMPORTS = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\('([^']+)'\)/gm;

const importsOf = (file: string): Import[] =>
  [...readFileSync(file, 'utf8').matchAll(IMPORTS)].map(([, type, from, lazy]) => {
    const specifier = (from ?? lazy)!;
    return {
      of: specifier.startsWith('.') ? join(dirname(file), specifier) : specifier,
      typeOnly: type !== undefined,
      lazy: lazy !== undefined,
    };
  });

/** Every file under `src/` with what it imports. */
export const importGraph = (): Map<string, Import[]> =>
  new Map(globSync('src/**/*.{ts,tsx}').map((file) => [file, importsOf(file)]));

/** `src/fit/solve.ts` lies in `fit`, `src/cli.ts` in `cli.ts`. */
export const folderOf = (file: string): string => file.split('/')[1]!;

/** Everything that loading a file loads, packages included. */
export function reached(graph: ReadonlyMap<string, readonly Import[]>, start: string): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { of, typeOnly } of graph.get(name) ?? []) if (!typeOnly) visit(of);
  };
  visit(start);
  return seen;
}

/** One cycle of imports, types included and lazy ones left out, as the path that comes back to its start; undefined when there is none. */
export function findCycle(graph: ReadonlyMap<string, readonly Import[]>): string[] | undefined {
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const { of, lazy } of graph.get(file) ?? []) {
      const cycle = lazy ? undefined : visit(of, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}
