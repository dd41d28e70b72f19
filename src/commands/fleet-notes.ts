import { rangeNotes, shortPromptsNote } from '../cost/fleet/range-notes.ts';
import { hasGapObjective } from '../cost/fleet/request-objectives.ts';
import type { Fit } from '../fitfile/schema.ts';
import { speculating } from '../predict/proposer.ts';
import { poolLabel } from './fleet-services.ts';
import type { ShownFleets } from './fleet-shown.ts';

/** What of a fleet lies outside what its fits were measured at, one sentence each. */
export function fitNotes({ question, workload, fits }: Omit<ShownFleets, 'fleets'>): string[] {
  const { requests, objectives } = question;
  const proposing = new Set([fits.decode, fits.mixed, fits.shared]);
  return [
    ...shortPromptsNote(workload, requests),
    ...[...new Set(Object.values(fits))].flatMap((fit) => [
      ...rangeNotes(fit, poolLabel(fit), requests),
      ...(proposing.has(fit) ? speculating(fit, workload).sentences : []).map(
        (sentence) => `${poolLabel(fit)}: ${sentence}`,
      ),
      ...(hasGapObjective(objectives) ? gapNotes(fit) : []),
    ]),
  ];
}

/** Where nothing is known of how steps vary. */
const gapNotes = (fit: Fit): string[] =>
  fit.tails?.misses.some(({ key }) => key === 'tbt_p99_ms')
    ? []
    : [
        `${poolLabel(fit)}: no or too few cells of its fit measured gaps between tokens, so its steps are taken to be without noise`,
      ];
