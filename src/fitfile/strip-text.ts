/** What a text may give away of the place where a fit was made. */
export type TraceKind = 'url' | 'user' | 'local_path' | 'host_name' | 'address' | 'argv';

/** Something that publishing takes out of a fit. */
export interface Removed {
  /** Where it stood, such as `provenance.notes[0]`. */
  readonly path: string;
  readonly kind: TraceKind | 'name_of_target' | 'name_of_run' | 'private_key' | 'rows_of_others';
  readonly was: string;
  /** What stands there now; null when the whole key is gone. */
  readonly now: string | null;
}

/** Domains that end a host name in a text; a word with another ending, such as `v1.fp8`, is none. */
const DOMAINS =
  'com|net|org|edu|gov|mil|int|info|io|ai|dev|cloud|tech|app|local|lan|internal|intranet|corp|home|svc|cluster|localdomain|[a-z]{2}';

interface Trace {
  readonly kind: TraceKind;
  readonly pattern: RegExp;
  /** What stands in its place. */
  replace(found: string): string;
}

const nothing = (): string => '';

/** In this order: a URL holds a host name, and a path may hold a user. */
const TRACES: readonly Trace[] = [
  { kind: 'url', pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>)]+/gi, replace: nothing },
  { kind: 'user', pattern: /(?<![\w@])[\w.+-]+@[\w-]+(?:\.[\w-]+)*/g, replace: nothing },
  {
    kind: 'local_path',
    pattern:
      /(?<![\w/.)\]-])(?:~|\.{1,2})?\/[\w.@+=-]+(?:\/[\w.@+=-]+)+\/?|(?<![\w/.])(?:~|\.{1,2})\/[\w.@+=-]+\/?/g,
    replace: lastPart,
  },
  { kind: 'local_path', pattern: /(?<!\w)(?:[a-z]:\\|\\\\)[^\s"'<>|]+/gi, replace: lastPart },
  { kind: 'address', pattern: /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\w.])/g, replace: nothing },
  {
    kind: 'address',
    pattern:
      /\[?(?<![\w:])(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}|(?:[0-9a-f]{1,4}:)*[0-9a-f]{0,4}::[0-9a-f:]*[0-9a-f])(?![\w:])\]?(?::\d+)?/gi,
    replace: nothing,
  },
  {
    kind: 'host_name',
    pattern: new RegExp(
      `(?<![\\w./-])(?:localhost|(?:[a-z0-9-]*[a-z0-9]\\.)+(?:${DOMAINS}))(?::\\d+)?(?![\\w.-]*\\w)`,
      'gi',
    ),
    replace: nothing,
  },
  { kind: 'argv', pattern: /(?<![\w-])--[a-z][\w-]*(?:[= ][^\s,;]+)?/gi, replace: nothing },
];

/**
 * The name at the end of a local path; of a hub's cache (`models--owner--name/snapshots/…`) the model's name, of which the
 * rest of the path is the place on the disk.
 */
function lastPart(path: string): string {
  const [, owner, name] = /models--([\w.-]+?)--([\w.-]+)/.exec(path) ?? [];
  if (owner !== undefined) return `${owner}/${name}`;
  return (
    path
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? ''
  );
}

export interface StrippedText {
  readonly text: string;
  readonly kinds: readonly TraceKind[];
}

/**
 * A text without URLs, users, local paths, addresses, host names and flags of commands. A path keeps its last part.
 * @param keepHosts for texts that name public sources
 */
export function stripText(text: string, { keepHosts = false } = {}): StrippedText {
  const kinds: TraceKind[] = [];
  // A path alone may hold spaces, and may have one part only.
  if (/^(?:[~.]{0,2}\/|[a-z]:\\|\\\\)/i.test(text)) return { text: lastPart(text), kinds: ['local_path'] };
  let rest = text;
  for (const { kind, pattern, replace } of TRACES) {
    if (kind === 'host_name' && keepHosts) continue;
    const stripped = rest.replace(pattern, (found) => replace(found));
    if (stripped === rest) continue;
    rest = stripped;
    if (!kinds.includes(kind)) kinds.push(kind);
  }
  return { text: kinds.length === 0 ? text : tidy(rest), kinds };
}

/** Without the holes that were left. */
const tidy = (text: string): string =>
  text
    .replace(/\(\s*\)|"\s*"|\[\s*\]/g, '')
    .replace(/\s+([,.;:])/g, '$1')
    .replace(/\s{2,}/g, ' ')
    .trim();
