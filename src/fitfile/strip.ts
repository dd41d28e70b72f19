import { allAccelerators } from '../accelerator/catalogue.ts';
import { withPlainNames } from './strip-names.ts';
import { type Removed, stripText } from './strip-text.ts';

type Json = Record<string, unknown>;

/** Keys that say where and by whom something was done; a fit has none of them by itself. */
const PRIVATE_KEYS = new Set([
  ...[
    'url',
    'urls',
    'argv',
    'agent',
    'agent_command',
    'command',
    'definition',
    'host',
    'hostname',
    'host_name',
  ],
  ...[
    'user',
    'user_name',
    'username',
    'api_key_env',
    'file',
    'folder',
    'root',
    'model_config',
    'requests_file',
    'steps_file',
    'power_file',
    'path',
    'authorization_env',
  ],
]);
/** What the format itself says, and what the publisher and those who measured say on purpose. */
const KEPT =
  /^(?:schema_version|kind|created_at|digest|signature|published|tool|runs\[\d+\]\.imported\.attribution|parameters\.\w+\.(?:unit|advice))$/;
const PUBLIC_TEXTS = new Set(allAccelerators().flatMap(({ notes, sources, name }) => [notes, sources, name]));

/**
 * A fit's content without URLs, host names, command lines, users and local paths, and with plain names for its targets and
 * runs. What is left out is listed. Content without any of them comes back as it is.
 */
export function stripFit(content: Json): { readonly content: Json; readonly removed: readonly Removed[] } {
  const named = withPlainNames(content);
  const removed = [...named.removed];
  const walk = (value: unknown, path: string): unknown => {
    if (KEPT.test(path)) return value;
    if (typeof value === 'string') return withoutTraces(value, path, removed);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, `${path}[${index}]`));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).flatMap(([key, member]): [string, unknown][] => {
      const place = path === '' ? key : `${path}.${key}`;
      if (!PRIVATE_KEYS.has(key)) return [[key, walk(member, place)]];
      removed.push({ path: place, kind: 'private_key', was: JSON.stringify(member), now: null });
      return [];
    });
    return Object.fromEntries(members);
  };
  return { content: walk(withPlainModel(named.content), '') as Json, removed };
}

function withoutTraces(text: string, path: string, removed: Removed[]): string {
  if (PUBLIC_TEXTS.has(text)) return text;
  const { text: now, kinds } = stripText(text);
  for (const kind of kinds) removed.push({ path, kind, was: text, now });
  return now;
}

/** A model that is served from a local path has that path for its name, which the name of the fit repeats. */
function withPlainModel(content: Json): Json {
  const { id } = (content.model_card ?? {}) as { id?: unknown };
  if (typeof id !== 'string' || typeof content.id !== 'string') return content;
  return { ...content, id: content.id.replaceAll(id, () => stripText(id).text) };
}
