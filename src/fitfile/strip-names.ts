import type { Removed } from './strip-text.ts';

type Json = Record<string, unknown>;

/** Old name to new name. */
type Names = ReadonlyMap<string, string>;

/**
 * A fit's content with names of its own for targets and runs, wherever they stand: users name targets after hosts. A
 * target is called by what it is, `h100-sxm-tp2`; a run keeps a name that `ridge run` made, and gets a number otherwise.
 */
export function withPlainNames(content: Json): { content: Json; removed: Removed[] } {
  const runs = listOf(content.runs);
  const targets = listOf(content.targets);
  const runNames = new Map(
    runs.map((run, index) => [String(run.id), isOwnRunName(run) ? String(run.id) : `run-${index + 1}`]),
  );
  const targetNames = plainTargetNames(objectOf(content.accelerator).id, targets);
  const named = referring(content, { run: runNames, target: targetNames }) as Json;
  const renamed = (names: Names, kind: Removed['kind'], place: string): Removed[] =>
    [...names].flatMap(([was, now]) => (was === now ? [] : [{ path: place, kind, was, now }]));
  return {
    content: {
      ...named,
      targets: targets.map((target) => ({ ...target, name: targetNames.get(String(target.name)) })),
      runs: runs.map((run) => ({ ...run, id: runNames.get(String(run.id)) })),
    },
    removed: [
      ...renamed(targetNames, 'name_of_target', 'targets'),
      ...renamed(runNames, 'name_of_run', 'runs'),
    ],
  };
}

function plainTargetNames(accelerator: unknown, targets: readonly Json[]): Names {
  const names = new Map<string, string>();
  const used = new Map<string, number>();
  for (const { name, tensor_parallel } of targets) {
    if (names.has(String(name))) continue;
    const plain = `${accelerator}-tp${tensor_parallel}`;
    const twins = (used.get(plain) ?? 0) + 1;
    used.set(plain, twins);
    names.set(String(name), twins === 1 ? plain : `${plain}-${twins}`);
  }
  return names;
}

/** `2026-11-26T160500-demo` of the suite `demo`, or a later twin of it, `2026-11-26T160500-demo-2`. */
function isOwnRunName({ id, suite }: Json): boolean {
  const [stamp] = /^\d{4}-\d{2}-\d{2}T\d{6}-/.exec(String(id)) ?? [];
  const own = `${stamp}${suite}`;
  return stamp !== undefined && String(id).startsWith(own) && /^(-\d+)?$/.test(String(id).slice(own.length));
}

/** Every string under the key `run` or `target` by its new name. */
function referring(value: unknown, names: Readonly<Record<'run' | 'target', Names>>): unknown {
  if (Array.isArray(value)) return value.map((item) => referring(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      (key === 'run' || key === 'target') && typeof member === 'string'
        ? (names[key].get(member) ?? member)
        : referring(member, names),
    ]),
  );
}

const objectOf = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
