import { RidgeError } from '../errors.ts';
import type { RunCells } from '../fit/from-runs.ts';
import type { ModelCard } from '../model/card.ts';
import { type Sampling, samplingOf } from '../suite/sampling.ts';

/**
 * What the prompts of all runs are made of, and how their tokens are chosen: part of what a fit is. Imported runs do not say it.
 * @throws RidgeError (exit 2) where two runs differ
 */
export function sharedSampling(runs: readonly RunCells[], card: ModelCard | null): Partial<Sampling> {
  const measured = runs.filter(({ run }) => run.imported === null);
  const of = ({ run }: RunCells): Sampling => samplingOf(run.suite.content.protocol, card);
  if (measured.length === 0) return {};
  const first = of(measured[0]!);
  const other = measured.find((one) => {
    const { prompt, temperature } = of(one);
    return prompt !== first.prompt || temperature !== first.temperature;
  });
  if (other === undefined) return first;
  const words = ({ prompt, temperature }: Sampling): string => `${prompt} at temperature ${temperature}`;
  throw new RidgeError(
    `run ${measured[0]!.run.id} was measured with ${words(first)}, run ${other.run.id} with ${words(of(other))}`,
    { mend: 'Fit them apart: what prompts are made of, and how tokens are chosen, is part of a fit.' },
  );
}
