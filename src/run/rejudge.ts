import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type CellEvidence, measureCell } from '../measure/measure-cell.ts';
import { verdictOf } from '../measure/verdict.ts';
import type { ThresholdOverrides } from '../suite/thresholds.ts';
import { readRequests } from './read-run.ts';
import type { CellRecord } from './schema.ts';

/** The numbers that a cell was judged by and those that it is to be judged by now. */
export interface ThresholdChange {
  readonly from: ThresholdOverrides | undefined;
  readonly to: ThresholdOverrides | undefined;
}

/**
 * Judges a finished cell again from its raw record, with other thresholds. Its metrics stay; so do reasons that the cell's
 * own evidence cannot give (a drift, a changed environment).
 * @returns null when the record does not hold what the cell was judged from: it was imported, or is of an older version
 * @throws RidgeError (exit 2) when its files are damaged
 */
export async function rejudge(
  folder: string,
  record: CellRecord,
  { from, to }: ThresholdChange,
): Promise<CellRecord | null> {
  const evidence = await readEvidence(folder, record);
  if (evidence === null) return null;
  const timelines = await readRequests(folder, record);
  const judged = (thresholds: ThresholdOverrides = {}) => measureCell({ ...evidence, timelines, thresholds });
  const before = new Set(judged(from).reasons.map(({ code }) => code));
  const { reasons: own, steps } = judged(to);
  const found = new Set(own.map(({ code }) => code));
  const others = record.reasons.filter(({ code }) => !before.has(code) && !found.has(code));
  const reasons = [...own, ...others];
  return { ...record, reasons, steps, verdict: verdictOf(reasons) };
}

/** What the agent judged the cell from, less the timelines; stored beside the server's counters. */
async function readEvidence(
  folder: string,
  { requests_file }: CellRecord,
): Promise<Omit<CellEvidence, 'timelines'> | null> {
  if (requests_file === null) return null;
  const file = join(folder, 'server', `${basename(requests_file, '.jsonl.gz')}.json`);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const { evidence = null } = JSON.parse(text) as { evidence?: Omit<CellEvidence, 'timelines'> | null };
  return evidence;
}
