import type { Removed } from './strip-text.ts';

type Json = Record<string, unknown>;

/** Residuals are rounded so that the rows cannot be worked out from them. */
const rounded = (log: unknown): unknown => (typeof log === 'number' ? Math.round(log * 1e3) / 1e3 : log);

const withoutWatts = (row: Json): Json => ({
  ...row,
  measured_w: null,
  log_residual: rounded(row.log_residual),
});

const isImported = ({ runs }: Json): boolean =>
  Array.isArray(runs) && runs.some((run: { imported?: unknown }) => run?.imported != null);

/**
 * A fit's content without the rows of other people's measurements that it was made from: what was learnt from them may be
 * published with their names, they themselves are theirs to publish.
 */
export function withoutOthersRows(content: Json): {
  readonly content: Json;
  readonly removed: readonly Removed[];
} {
  if (!isImported(content)) return { content, removed: [] };
  const removed: Removed[] = [];
  const bare = (key: 'residuals' | 'outliers'): unknown => {
    const rows = content[key];
    if (!Array.isArray(rows)) return rows;
    removed.push({
      path: `${key}[].measured`,
      kind: 'rows_of_others',
      was: `${rows.length} values`,
      now: null,
    });
    return rows.map((row: Json) => ({ ...row, measured: null, log_residual: rounded(row.log_residual) }));
  };
  const power = content.power as { residuals?: unknown } | null | undefined;
  const powerRows = Array.isArray(power?.residuals) ? (power.residuals as Json[]) : null;
  if (powerRows !== null) {
    const was = `${powerRows.length} values`;
    removed.push({ path: 'power.residuals[].measured_w', kind: 'rows_of_others', was, now: null });
  }
  const validation = content.validation as { hold_out?: Json | null } | undefined;
  const holdOut = validation?.hold_out;
  if (holdOut && Array.isArray(holdOut.cells) && holdOut.cells.length > 0) {
    const was = `${holdOut.cells.length} values`;
    removed.push({ path: 'validation.hold_out.cells', kind: 'rows_of_others', was, now: null });
  }
  return {
    content: {
      ...content,
      residuals: bare('residuals'),
      outliers: bare('outliers'),
      ...(powerRows && { power: { ...power, residuals: powerRows.map(withoutWatts) } }),
      validation: { ...validation, ...(holdOut && { hold_out: { ...holdOut, cells: [] } }) },
    },
    removed,
  };
}
