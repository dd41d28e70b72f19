import { EXIT, RidgeError } from '../errors.ts';
import type { RunCells, RunObservations } from '../fit/from-runs.ts';
import type { Observation } from '../fit/observations.ts';
import { parametersInData, termsOf } from '../fit/problem.ts';
import { median } from '../stats/sorted.ts';

/**
 * A fit needs more numbers than it has parameters, or its intervals mean nothing; with others' fits before it, any.
 * @param seen what it would be made of
 * @throws RidgeError (exit 1) that says for what most cells were left out
 */
export function refuseTooFew(
  { card, left_out }: Pick<RunObservations, 'card' | 'left_out'>,
  seen: readonly Observation[],
  { runs, hasPrior }: { readonly runs: readonly RunCells[]; readonly hasPrior: boolean },
): void {
  const numbers = termsOf(card, seen).length;
  const parameters = hasPrior ? 0 : parametersInData(card, seen).length;
  if (numbers > parameters) return;
  const most = mostFor(left_out);
  throw new RidgeError(
    `too few usable cells for a fit: measured numbers ${numbers}, parameters ${parameters} (cells used ${seen.length}, left out ${left_out.length}${most === null ? '' : `, ${most.cells} of them for ${most.reason}`})`,
    {
      exitCode: EXIT.refused,
      mend: most?.reason === 'client_bound' ? lateClient(runs) : MEASURE_MORE,
    },
  );
}

const MEASURE_MORE = 'Measure suites/roofline.yaml, or see the verdicts of the run.';
/** Of the time in which cores had work: less is not what kept the cells out. */
const WORTH_NAMING = 0.05;

/** A neighbour on the cores can be sent away, a hypervisor's other guests cannot. */
function lateClient(runs: readonly RunCells[]): string {
  const late = runs.flatMap(({ records }) =>
    records.filter(({ reasons }) => reasons.some(({ code }) => code === 'client_bound')),
  );
  const stolen = median(late.map(({ client }) => client?.stolen_share ?? 0)) ?? 0;
  return stolen >= WORTH_NAMING
    ? `This host woke the client late: its hypervisor took ${Math.round(100 * stolen)} % of the cores' time in half of those cells or more (steal). Measure when its other guests rest, or from another host.`
    : 'This host woke the client late: keep other work off its core; on a virtual machine see README, "Calibrate the client".';
}

/** The reason that keeps most cells out; null: none is. */
function mostFor(
  leftOut: RunObservations['left_out'],
): { readonly reason: string; readonly cells: number } | null {
  const counts = [
    ...Map.groupBy(
      leftOut.flatMap(({ reasons }) => reasons),
      (reason) => reason,
    ),
  ];
  const [most] = counts.sort(([, a], [, b]) => b.length - a.length);
  return most === undefined ? null : { reason: most[0], cells: most[1].length };
}
