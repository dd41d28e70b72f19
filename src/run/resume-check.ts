import { RidgeError } from '../errors.ts';
import { judgeEnvironment } from '../measure/verdict.ts';
import { canonicalJson } from '../stats/canonical-json.ts';
import { samplingOf } from '../suite/sampling.ts';
import type { Suite } from '../suite/schema.ts';
import { environmentOf } from './describe-target.ts';
import type { Run, RunTarget } from './schema.ts';

/**
 * Holds a continuation to what the run began with.
 * @throws RidgeError (exit 2) when protocol, stop rule, engine, model or settings of a target changed
 */
export function requireSameRun(
  before: Run,
  suite: Suite,
  targets: readonly RunTarget[],
  folder: string,
): void {
  const mend = 'Start a new run; the finished cells stay here.';
  // By the model where the suite says nothing: older runs have it written out.
  const card = targets[0]?.model_card ?? null;
  const [then, now] = [measuredBy(before.suite.content, card), measuredBy(suite, card)];
  for (const part of ['protocol', 'stop'] as const) {
    if (canonicalJson(then[part]) === canonicalJson(now[part])) continue;
    throw new RidgeError(`the suite's ${part} changed since this run began`, { where: folder, mend });
  }
  for (const target of targets) {
    const first = before.targets.find(({ name }) => name === target.name);
    const changed = first && judgeEnvironment(environmentOf(first), environmentOf(target));
    if (!changed) continue;
    throw new RidgeError(`environment_changed: target '${target.name}': ${changed.message}`, {
      where: folder,
      mend,
    });
  }
}

/** What a run's cells share; with how many threads the client reads, each cell says by itself. */
function measuredBy({ protocol, stop }: Pick<Suite, 'protocol' | 'stop'>, card: RunTarget['model_card']) {
  const { client_workers: _, ...rest } = protocol;
  return { protocol: { ...rest, ...samplingOf(rest, card) }, stop };
}
