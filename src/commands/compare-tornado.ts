import type { CompareRow } from '../cost/compare-row.ts';
import type { TornadoRow } from '../report/svg-tornado.ts';

/** The first option that differs from the baseline and is compared with it: the one whose sensitivities are told. */
export const mostTold = (rows: readonly CompareRow[], baseline: string): CompareRow | undefined =>
  rows.find(({ name, benefit }) => name !== baseline && benefit !== null);

/** Its sensitivities, the widest first; factors stand with each input. */
export const tornadoRows = ({ sensitivity }: CompareRow): TornadoRow[] =>
  sensitivity.map(({ input, factors, benefit: [low, high] }) => ({
    label: `${input} x${factors[0]}, x${factors[1]}`,
    low,
    high,
  }));
