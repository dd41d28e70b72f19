import { RidgeError } from '../errors.ts';
import { samplingOf } from '../suite/sampling.ts';
import type { ThresholdOverrides } from '../suite/thresholds.ts';
import { applyDrift } from './drift.ts';
import { judgedAgain } from './judged-again.ts';
import { applyRouting } from './routing.ts';
import { RunStore } from './store.ts';

/**
 * Judges a finished run again by other thresholds, without its endpoints: lines that changed are appended, and `run.json`
 * says by what its cells are judged now.
 * @returns what came of it, in one line; null when these are the thresholds that it was judged by
 * @throws RidgeError (exit 2) when it is no run, is damaged, is being measured, or was imported
 */
export async function rejudgeRun(folder: string, to: ThresholdOverrides | undefined): Promise<string | null> {
  const { store, record } = await RunStore.resume(folder);
  try {
    const { run } = record;
    if (run.imported !== null) {
      throw new RidgeError('an imported run has no raw record to judge again', { where: folder });
    }
    const { records, warnings } = await judgedAgain(store, record, to);
    const [said = null] = warnings;
    if (said === null) return null;
    const targets = Map.groupBy(records, ({ target }) => target);
    for (const own of targets.values()) {
      const card = run.targets.find(({ name }) => name === own[0]?.target)?.model_card ?? null;
      const { prompt } = samplingOf(run.suite.content.protocol, card);
      const drifted = new Map(applyDrift(own).map((flagged) => [flagged.key, flagged]));
      const judged = own.map((one) => drifted.get(one.key) ?? one);
      const routed = new Map(applyRouting(judged, prompt).map((flagged) => [flagged.key, flagged]));
      for (const flagged of new Map([...drifted, ...routed]).values()) await store.appendCell(flagged);
    }
    const { thresholds: _, ...content } = run.suite.content;
    await store.writeRun({
      ...run,
      suite: { ...run.suite, content: { ...content, ...(to && { thresholds: to }) } },
    });
    await store.log({ at: new Date().toISOString(), kind: 'judged_again', thresholds: to ?? {} });
    return said;
  } finally {
    await store.close();
  }
}
