import { RidgeError } from '../../errors.ts';
import { nearest } from '../../stats/nearest.ts';
import type { Graph, GraphStage } from './graph-schema.ts';

/** What a stage waits for. */
export interface After {
  readonly stage: string;
  readonly megabytes: number;
  readonly kv_cache: boolean;
}

export const aftersOf = ({ after }: GraphStage): After[] =>
  after.map((one) =>
    typeof one === 'string'
      ? { stage: one, megabytes: 0, kv_cache: false }
      : { stage: one.stage, megabytes: one.megabytes ?? 0, kv_cache: one.kv_cache === true },
  );

/**
 * Names of the stages such that each stands behind all that it waits for, otherwise in the order of the file.
 * @throws RidgeError (exit 2) for a stage that is not there, and for a circle
 */
export function ordered({ stages }: Graph, where: string): string[] {
  const names = Object.keys(stages);
  const done: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (done.includes(name)) return;
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' -> ');
      throw new RidgeError(`stages wait for each other: ${circle}`, { where, mend: 'Remove one of them.' });
    }
    for (const { stage } of aftersOf(stages[name]!)) {
      if (!Object.hasOwn(stages, stage)) throw unknownStage(name, stage, names, where);
      visit(stage, [...path, name]);
    }
    done.push(name);
  };
  for (const name of names) visit(name, []);
  return done;
}

function unknownStage(name: string, other: string, names: readonly string[], where: string): RidgeError {
  const near = nearest(other, names);
  return new RidgeError(`'${name}' waits for '${other}', which is no stage`, {
    where,
    mend: near ? `Did you mean '${near}'?` : `Stages: ${names.join(', ')}.`,
  });
}
