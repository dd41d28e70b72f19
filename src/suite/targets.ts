import { dirname, resolve } from 'node:path';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { findAccelerator } from '../accelerator/catalogue.ts';
import { acceleratorFromLab } from '../accelerator/from-lab.ts';
import { RidgeError } from '../errors.ts';
import { parseBy, readYaml } from './load-file.ts';
import { type Lab, labSchema, type Target, targetSchema } from './schema.ts';
import { servedTargets } from './served-targets.ts';
import { hasUserInfo, USER_INFO, USER_INFO_MEND, withoutUserInfo } from './user-info.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

/** A target by name, with its accelerator looked up and paths made absolute. */
export interface NamedTarget {
  readonly name: string;
  readonly definition: Target;
  readonly accelerator: Accelerator | null;
  /** Where the user wrote it, for errors: file:line:column or the flag. */
  readonly where: string;
}

/**
 * Reads a lab file.
 * @throws RidgeError (exit 2) with file:line:column of the first problem, an unknown accelerator included
 */
export async function loadLab(file: string): Promise<NamedTarget[]> {
  return labFrom(await readYaml(file, 'lab file (YAML)'));
}

/** Targets of parsed YAML, see `loadLab`. */
export function labFrom(source: YamlSource): NamedTarget[] {
  const lab = parseBy(labSchema, source);
  refuseTwins(lab, source);
  const entries = Object.entries(lab.targets);
  if (entries.length === 0) {
    throw new RidgeError("'targets' is empty", {
      where: source.where(['targets']),
      mend: 'Name at least one target with its url.',
    });
  }
  const targets = entries.flatMap(([name, given]) => {
    const accelerator = lookUp(given.accelerator, lab, source.where(['targets', name, 'accelerator']));
    const whereOf = (path: readonly string[]): string => source.where(['targets', name, ...path]);
    return servedTargets(name, given, whereOf).map((one) => ({
      name: one.name,
      definition: absolutePaths(one.definition, dirname(source.file)),
      accelerator,
      where: whereOf([]),
    }));
  });
  return [...uniqueTargets(targets)];
}

function refuseTwins(lab: Lab, source: YamlSource): void {
  const seen = new Set<string>();
  for (const [index, { id }] of (lab.accelerators ?? []).entries()) {
    if (seen.has(id)) {
      throw new RidgeError(`accelerator '${id}' is defined twice`, {
        where: source.where(['accelerators', index, 'id']),
        mend: 'Rename or remove one of them.',
      });
    }
    seen.add(id);
  }
}

function absolutePaths(target: Target, folder: string): Target {
  const { model_config, prompts, power, prefill } = target;
  const absolute = (path: string): string => resolve(folder, path);
  const placed = <Power extends NonNullable<NonNullable<Target['prefill']>['power']>>(one: Power): Power => ({
    ...one,
    ...(one.file && { file: absolute(one.file) }),
    ...(one.path && { path: absolute(one.path) }),
  });
  return {
    ...target,
    ...(model_config && { model_config: absolute(model_config) }),
    ...(prompts && { prompts: absolute(prompts) }),
    ...(power && { power: placed(power) }),
    ...(prefill?.power && { prefill: { ...prefill, power: placed(prefill.power) } }),
  };
}

/** The lab's own definitions win over the catalogue. */
function lookUp(id: string | undefined, lab: Lab | null, where: string): Accelerator | null {
  if (id === undefined) return null;
  const own = lab?.accelerators?.find((accelerator) => accelerator.id === id);
  if (own) return acceleratorFromLab(own);
  try {
    return findAccelerator(id);
  } catch (error) {
    if (!(error instanceof RidgeError)) throw error;
    throw new RidgeError(error.message, { where, ...(error.mend ? { mend: error.mend } : {}) });
  }
}

/** What the command line may say about the targets that it names. */
export interface TargetFlags {
  readonly accelerator?: string | undefined;
  readonly tp?: number | undefined;
  readonly model?: string | undefined;
  readonly modelConfig?: string | undefined;
}

/**
 * A target from `--target NAME=URL`.
 * @throws RidgeError (exit 2) when the text is not NAME=URL or the URL is not http(s) or holds a password
 */
export function targetFromFlag(text: string, flags: TargetFlags = {}): NamedTarget {
  const [, name, url] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(text) ?? [];
  if (!name || !url) {
    throw new RidgeError(`--target ${withoutUserInfo(text)} is not NAME=URL`, {
      mend: 'For example --target gaudi=http://10.0.0.5:8000.',
    });
  }
  const source = parseYaml(JSON.stringify({ url }), `--target ${name}`);
  const parsed = targetSchema.pick({ url: true }).safeParse(source.value);
  if (!parsed.success) {
    throw new RidgeError(`--target ${name}: '${withoutUserInfo(url)}' is not an http or https URL`, {
      mend: 'For example http://10.0.0.5:8000, without /v1.',
    });
  }
  if (hasUserInfo(url)) throw new RidgeError(`--target ${name}: ${USER_INFO}`, { mend: USER_INFO_MEND });
  return {
    name,
    definition: {
      url: parsed.data.url,
      ...(flags.model ? { model: flags.model } : {}),
      ...(flags.accelerator ? { accelerator: flags.accelerator } : {}),
      ...(flags.tp ? { tensor_parallel: flags.tp } : {}),
      ...(flags.modelConfig ? { model_config: resolve(flags.modelConfig) } : {}),
    },
    accelerator: lookUp(flags.accelerator, null, '--accelerator'),
    where: `--target ${name}`,
  };
}

/**
 * All targets together.
 * @throws RidgeError (exit 2) when a name stands twice
 */
export function uniqueTargets(targets: readonly NamedTarget[]): readonly NamedTarget[] {
  const seen = new Map<string, string>();
  for (const { name, where } of targets) {
    const before = seen.get(name);
    if (before !== undefined) {
      throw new RidgeError(`target '${name}' is named twice (also at ${before})`, {
        where,
        mend: 'Give each target a name of its own.',
      });
    }
    seen.set(name, where);
  }
  return targets;
}

/**
 * The API key of a target from the environment; it goes to the agent in the handshake and nowhere else.
 * @throws RidgeError (exit 2) when the variable that the lab file names is not set
 */
export function apiKeyOf(
  target: NamedTarget,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const variable = target.definition.api_key_env;
  if (variable === undefined) return null;
  const key = environment[variable];
  if (key) return key;
  throw new RidgeError(
    `environment variable ${variable} is not set (api_key_env of target '${target.name}')`,
    {
      where: target.where,
      mend: `export ${variable}=... before the run.`,
    },
  );
}

/**
 * Variables that a server gets from this machine's environment: those of `env_from` and the one with its API key. They go to
 * the agent that starts it and nowhere else.
 * @throws RidgeError (exit 2) when one is not set
 */
export function secretEnvironmentOf(
  { name, definition, where }: NamedTarget,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const { api_key_env, serve } = definition;
  const named = [...(serve?.env_from ?? []), ...(api_key_env === undefined ? [] : [api_key_env])];
  const entries = named.map((variable) => {
    const value = environment[variable];
    if (value !== undefined) return [variable, value] as const;
    throw new RidgeError(`environment variable ${variable} is not set (env_from of target '${name}')`, {
      where,
      mend: `export ${variable}=... before the run.`,
    });
  });
  return Object.fromEntries(entries);
}
