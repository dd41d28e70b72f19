import { parse } from 'csv-parse/sync';
import { kvCapacityTokens } from '../../../src/model/quantities.ts';
import { textOf } from '../data-files.ts';
import { dynamo } from '../data-sets.ts';

/** What the profile of the H200 rows recorded, in tokens. */
const RECORDED_TOKENS = 945_029;
const UTILISATION = 0.9;

/** KV capacity of the H200 server from the bytes that the driver reports: tokens, and the error in percent. */
export function capacityFromDriver(): { readonly tokens: number; readonly error_percent: number } {
  const rows = parse(textOf('memory'), { columns: true }) as { accelerator: string; mem_bytes: string }[];
  const bytes = Number(rows.find(({ accelerator }) => accelerator === 'H200 SXM')!.mem_bytes);
  const tokens = kvCapacityTokens(dynamo().card, bytes, 1, UTILISATION);
  return { tokens, error_percent: (tokens / RECORDED_TOKENS - 1) * 100 };
}
