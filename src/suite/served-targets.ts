import { RidgeError } from '../errors.ts';
import type { GivenTarget, Target } from './schema.ts';
import type { Serve, ServeVariant, StartedServer } from './serve-schema.ts';

interface Named {
  readonly name: string;
  readonly definition: Target;
}

/**
 * Targets of one entry of a lab file: itself, or where it says how to start its server one for each variant, `NAME-VARIANT`.
 * @param whereOf place of a path below the entry, for errors
 * @throws RidgeError (exit 2) when a variant says what its command does not, or a secret stands in the file
 */
export function servedTargets(
  name: string,
  { serve, ...target }: GivenTarget,
  whereOf: (path: readonly string[]) => string,
): Named[] {
  if (serve === undefined) return [{ name, definition: target }];
  const { variants, ...server } = serve;
  if (variants === undefined) return [fill(name, target, server, {}, whereOf(['serve']))];
  return Object.entries(variants).map(([variant, said]) =>
    fill(`${name}-${variant}`, target, server, said, whereOf(['serve', 'variants', variant])),
  );
}

type Plain = Omit<GivenTarget, 'serve'>;

function fill(
  name: string,
  target: Plain,
  server: Omit<Serve, 'variants'>,
  { flags = [], dtype, env, port, ...facts }: ServeVariant,
  where: string,
): Named {
  const url = withPort(facts.url ?? target.url, port);
  const known = { ...target, ...facts, url };
  const put = placeholders({ name, dtype, tensor_parallel: known.tensor_parallel, port: portOf(url) }, where);
  const { log, ready_url, ...rest } = server;
  const serve: StartedServer = {
    ...rest,
    argv: [...server.argv, ...flags].map((word) => put(String(word))),
    env: mapValues({ ...server.env, ...env }, (value) => put(String(value))),
    env_from: server.env_from ?? [],
    ...(log !== undefined && { log: put(log) }),
    ...(ready_url !== undefined && { ready_url: put(ready_url) }),
  };
  refuseSecrets(serve, where);
  requireSaid(
    serve,
    'tensor_parallel',
    facts.tensor_parallel === 1 ? undefined : facts.tensor_parallel,
    where,
  );
  requireSaid(serve, 'dtype', dtype, where);
  return { name, definition: { ...known, serve } };
}

const mapValues = <Value>(
  values: Readonly<Record<string, Value>>,
  map: (value: Value) => string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));

function withPort(url: string, port: number | undefined): string {
  if (port === undefined) return url;
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href.replace(/\/$/, '');
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  return port || (protocol === 'https:' ? '443' : '80');
}

/** Fills in what stands in braces. Other braces, such as those of JSON, stay. */
function placeholders(values: Readonly<Record<string, string | number | undefined>>, where: string) {
  return (text: string): string =>
    text.replaceAll(/\{(tensor_parallel|dtype|port|name)\}/g, (_, key: string) => {
      const value = values[key];
      if (value !== undefined) return String(value);
      throw new RidgeError(`argv asks for {${key}}, which nothing here says`, {
        where,
        mend: `Give each variant its ${key}.`,
      });
    });
}

/** A variant that only says its size would be measured as a size that it does not have. */
function requireSaid(
  { argv, env }: StartedServer,
  key: 'tensor_parallel' | 'dtype',
  value: string | number | undefined,
  where: string,
): void {
  if (value === undefined) return;
  const text = String(value);
  const said = [...argv, ...Object.values(env)].some((word) => word === text || word.endsWith(`=${text}`));
  if (said) return;
  const flag = key === 'tensor_parallel' ? '--tensor-parallel-size' : '--dtype';
  throw new RidgeError(`${key} ${text} is said, but not to the server`, {
    where,
    mend: `Add it to argv, for example ${flag}, "{${key}}".`,
  });
}

const SECRET_NAME = /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|(API|ACCESS|PRIVATE)_?KEY)$/i;

/** The record keeps argv and env, so neither may hold a key. */
function refuseSecrets({ argv, env }: StartedServer, where: string): void {
  const named = Object.keys(env).find((name) => SECRET_NAME.test(name));
  if (named !== undefined) {
    throw new RidgeError(`env: the value of ${named} would be kept in the run record`, {
      where,
      mend: `Leave it out and write env_from: [${named}]; the server gets it from the environment of ridge.`,
    });
  }
  if (argv.some((word) => /^--?(api|access)[-_]key(=|$)/i.test(word))) {
    throw new RidgeError('argv: an API key would be kept in the run record', {
      where,
      mend: 'Leave it out and write env_from: [VLLM_API_KEY] and api_key_env: VLLM_API_KEY.',
    });
  }
}
