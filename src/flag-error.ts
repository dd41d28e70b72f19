import { RidgeError } from './errors.ts';
import { suggest } from './suggest.ts';

/** Node's own words on a flag, as one of ours; null where the error is about something else. */
export function flagError(
  error: unknown,
  { verb, argv, help }: { readonly verb: string; readonly argv: readonly string[]; readonly help: string },
): RidgeError | null {
  if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')))
    return null;
  const value = ambiguousValue(error, argv);
  if (value) return value;
  // What follows tells of a way out that no verb has.
  const [sentence] = error.message.split(/\n|\. /);
  const [, unknown] = /^Unknown option '(--[\w-]+)'/.exec(error.message) ?? [];
  const near = unknown === undefined ? undefined : nearest(unknown, help.match(/--[a-z][\w-]*/g) ?? []);
  return new RidgeError(sentence!, {
    mend: `${near === undefined ? '' : `${near} `}See ridge ${verb} --help for its flags.`,
    cause: error,
  });
}

/** A flag that what was typed begins, or one that it nearly is. */
function nearest(typed: string, flags: readonly string[]): string | undefined {
  const begun = flags.find((flag) => flag.startsWith(typed));
  return begun === undefined ? suggest(typed, flags) : `Did you mean '${begun}'?`;
}

/** The flag whose value begins with a dash, of which Node says only that it is ambiguous. */
function ambiguousValue(error: Error, argv: readonly string[]): RidgeError | null {
  const [, flag] = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument is ambiguous/.exec(error.message) ?? [];
  const value = flag === undefined ? undefined : argv[argv.indexOf(flag) + 1];
  if (value === undefined) return null;
  return new RidgeError(`${flag} is followed by '${value}', which looks like a flag`, {
    mend: `Write ${flag}=${value} where that is its value.`,
    cause: error,
  });
}
