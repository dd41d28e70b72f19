import { AsyncLocalStorage } from 'node:async_hooks';
import { delimiter } from 'node:path';

const folder = new AsyncLocalStorage<string | undefined>();

/**
 * Runs something whose tools, now or at any later reading, are looked for in a folder first, as are those that they start: two
 * servers may have tools of one name in folders of their own.
 * @param path undefined: no folder but those of this process
 */
export const withToolPath = <Result>(path: string | undefined, run: () => Result): Result =>
  path === undefined ? run() : folder.run(path, run);

/** Python's tools keep lines back in a pipe unless told not to; times and words are the same in every language. */
const TOOL_ENV = { TZ: 'UTC', LC_ALL: 'C', PYTHONUNBUFFERED: '1' } as const;

/** What a tool's environment has besides this process's. */
export function toolEnv(): Readonly<Record<string, string>> {
  const first = folder.getStore();
  return first === undefined
    ? TOOL_ENV
    : { ...TOOL_ENV, PATH: `${first}${delimiter}${process.env.PATH ?? ''}` };
}
