import type { Fit } from '../fitfile/schema.ts';
import { formatNumber, MISSING } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable, type TableCell } from '../report/text-table.ts';
import { REPORT_COLUMNS } from '../report/wrap.ts';
import { SHORT } from './error-text.ts';

type Validation = Fit['validation'];
type Baseline = Validation['in_sample']['baselines'][number];
type Part = Pick<Validation['in_sample'], 'errors' | 'baselines'>;

const UNSEEN = { shape: 'shape', tp: 'TP', load: 'load' } as const;
const WORDS = {
  seen: 'cells seen',
  held: 'cells held out',
  shape: 'unseen shapes',
  TP: 'unseen TP',
  load: 'the unseen load',
};
type PartName = keyof typeof WORDS;

/** Parts of the validation on which anything was scored, in the order of the table. */
function partsOf({ in_sample, hold_out, blocked }: Validation): [PartName, Part][] {
  const unseen = blocked
    .filter(({ blocks }) => blocks > 0)
    .map((part): [PartName, Part] => [UNSEEN[part.kind], part]);
  return [['seen', in_sample], ...(hold_out ? [['held', hold_out] as [PartName, Part]] : []), ...unseen];
}

const keyOf = ({ name, form, metric }: Baseline): string => [name, form, metric].join('\n');

/** Mean errors of simpler models beside the fit's, by part of the validation; `*` where one is closer than the fit. */
export function baselineTable({ validation, covariance }: Fit, style: Style): string {
  const parts = partsOf(validation);
  const metrics = ['ttft_ms', 'tpot_ms'] as const;
  const own = metrics.map((metric): TableCell[] => [
    'this fit',
    SHORT[metric].replace(' ms', ''),
    String(covariance.names.length),
    ...parts.map(([, { errors }]) => formatNumber(errors.scheduler[metric]?.mape ?? null, 2)),
  ]);
  const { baselines } = validation.in_sample;
  const others = baselines.map((baseline): TableCell[] => [
    labelOf(baseline, baselines),
    SHORT[baseline.metric].replace(' ms', ''),
    String(baseline.fitted_numbers),
    ...parts.map(([, part]) => errorCell(part.baselines.find((one) => keyOf(one) === keyOf(baseline)))),
  ]);
  return renderTable({
    columns: [
      { title: 'MAPE, %' },
      { title: 'of' },
      { title: 'numbers', align: 'right' },
      ...parts.map(([title]) => ({ title, align: 'right' as const })),
    ],
    rows: [...own, ...others],
    style,
    width: REPORT_COLUMNS,
  });
}

/** Its name, with what tells it from another of that name on the same metric: `phase polynomials in KV tokens`. */
function labelOf({ name, form, metric }: Baseline, all: readonly Baseline[]): string {
  const twins = all.filter((one) => one.name === name && one.metric === metric && one.form !== form);
  if (twins.length === 0) return name;
  const variable = /b·([^+()]+?)(?: \+|,|$)/.exec(form)?.[1];
  return `${name} in ${variable ?? form}`;
}

const errorCell = (one: Baseline | undefined): string =>
  one === undefined || one.mape === null ? MISSING : `${one.wins ? '*' : ''}${formatNumber(one.mape, 2)}`;

/** Where a simpler model is closer than the fit, in words. */
export function wins({ validation }: Fit): string[] {
  return partsOf(validation).flatMap(([part, { baselines }]) =>
    baselines
      .filter((one) => one.wins)
      .map(
        ({ name, form, metric, mape, fit_mape }) =>
          `${name} (${form}) has a lower error on ${metric} of ${WORDS[part]} than this fit: ${formatNumber(mape)} % against ${formatNumber(fit_mape)} %`,
      ),
  );
}

/** Parts that were not scored, with the reason: `each TP unseen: refused 2 blocks (tp 1: one tensor parallel size ...)`. */
export function refusals({ validation }: Fit): string[] {
  return validation.blocked.flatMap(({ refused }) => {
    const byReason = Map.groupBy(refused, ({ reason }) => reason);
    return [...byReason].map(
      ([reason, blocks]) => `not predicted unseen: ${blocks.map(({ name }) => name).join(', ')}: ${reason}`,
    );
  });
}
