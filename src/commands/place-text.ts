import type { CostBasis } from '../cost/basis.ts';
import type { Placement } from '../cost/place/evaluate.ts';
import type { Binding, PlacementAnswer } from '../cost/place/place.ts';
import type { PlanIntervals } from '../cost/place/place-intervals.ts';
import type { PlacementProblem } from '../cost/place/problem.ts';
import { formatNumber, formatPercent } from '../report/format.ts';
import type { Style } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { planInWords } from './place-errors.ts';

/** All that a placement is shown from. */
export interface ShownPlacement {
  readonly problem: PlacementProblem;
  readonly answer: Extract<PlacementAnswer, { state: 'placed' }>;
  readonly intervals: PlanIntervals | null;
  /** A fit takes part so far outside what it was measured at that nothing bears on its intervals. */
  readonly tooFar: boolean;
  readonly basis: CostBasis | null;
  readonly notes: readonly string[];
}

const milliseconds = (seconds: number): string => `${formatNumber(1e3 * seconds, 4)} ms`;
const dollars = (usd: number): string => `$${formatNumber(usd)}`;

export function placementText(shown: ShownPlacement, style: Style): string {
  const { answer, basis, notes } = shown;
  const about = basis
    ? [`cost basis ${basis.name} (${basis.date}): ${basis.includes}; excludes ${basis.excludes}`]
    : [];
  const foot = [
    totalLine(shown),
    ...tokenLines(shown),
    ...bindingLines(shown),
    ...(answer.looser.length > 0 ? ['cheaper, were the limit looser:'] : []),
    ...answer.looser.map((plan) => `  ${planLine(plan)}`),
    ...(shown.tooFar ? ['no intervals: a fit is used too far outside what it was measured at'] : []),
    ...notes.map((note) => `note: ${note}`),
  ];
  return [
    ...about.map((line) => wrapLines(`${line}\n`, REPORT_COLUMNS)),
    planTable(answer.plan, style),
    '',
    ...foot.map((line) => wrapLines(line, REPORT_COLUMNS)),
  ].join('\n');
}

const planLine = (plan: Placement): string =>
  `${milliseconds(plan.latency_s)}  ${dollars(plan.usd)}  ${planInWords(plan)}`;

function planTable({ stages, moves }: Placement, style: Style): string {
  const right = (title: string, unit: string) => ({ title, unit, align: 'right' }) as const;
  const rows = stages.flatMap(({ stage, option, start_s, end_s, critical }) => [
    ...moves
      .filter(({ to }) => to === stage)
      .map(({ from, to, seconds, usd }) => [`  ${from} > ${to}`, 'moved', '', null, 1e3 * seconds, usd, '']),
    [
      stage,
      option.place,
      option.label,
      1e3 * start_s,
      1e3 * (end_s - start_s),
      option.usd,
      critical ? '*' : '',
    ],
  ]);
  return renderTable({
    style,
    columns: [
      { title: 'stage' },
      { title: 'on' },
      { title: 'with' },
      right('start', 'ms'),
      right('takes', 'ms'),
      right('cost', '$'),
      { title: '' },
    ],
    rows,
  });
}

function totalLine({ answer: { plan }, intervals, problem }: ShownPlacement): string {
  const { latency_s, usd, penalty_usd } = plan;
  const range = (ends: readonly [number, number], scale: number): string =>
    ` (90 %: ${ends.map((end) => formatNumber(scale * end)).join(' to ')})`;
  const [time, cost] = intervals
    ? [range(intervals.latency_s_90, 1e3), range(intervals.usd_90, 1)]
    : ['', ''];
  const limit = problem.limit ? ` of ${milliseconds(problem.limit.seconds)}` : '';
  const sure =
    intervals?.within_limit == null
      ? ''
      : `; within the limit in ${formatPercent(intervals.within_limit)} of the draws`;
  const penalty = penalty_usd > 0 ? ` and ${dollars(penalty_usd)} for what is beyond the limit` : '';
  return `${milliseconds(latency_s)}${limit} end to end${time}, ${dollars(usd)} a request${cost}${penalty}; * on the critical path${sure}`;
}

/** `decode: tbt_p99_ms 18.2 ms of 20.0 ms (90 %: 17.1 to 19.6)`. */
function tokenLines({ answer: { plan }, intervals }: ShownPlacement): string[] {
  return plan.stages.flatMap(({ stage, option }) =>
    (option.latencies ?? []).map(({ key, limit_s, seconds }) => {
      const known = intervals?.between_tokens.find((one) => one.stage === stage && one.key === key);
      const ends = known?.interval_s_90?.map((end) => (end === null ? 'any' : formatNumber(1e3 * end)));
      const range = ends ? ` (90 %: ${ends.join(' to ')})` : '';
      return `${stage}: ${key} ${milliseconds(seconds)} of ${milliseconds(limit_s)}${range}`;
    }),
  );
}

function bindingLines({ answer: { binding, devices, plan }, problem }: ShownPlacement): string[] {
  const saves = ({ usd_without }: Binding): string =>
    `without it a request would cost ${dollars(usd_without)} (${formatPercent(1 - usd_without / (plan.usd + plan.penalty_usd))} less)`;
  const binds = binding.map((one) =>
    one.kind === 'limit'
      ? `binds: the limit of ${milliseconds(problem.limit!.seconds)}; ${saves(one)}`
      : `binds: the devices of ${one.place}; ${saves(one)}`,
  );
  const busy = devices.map(
    (one) =>
      `${one.place}: ${formatNumber(one.busy)} of ${one.devices} devices busy at ${problem.requests_per_s} requests/s`,
  );
  return [...(binds.length > 0 ? binds : ['nothing binds: no plan is cheaper']), ...busy];
}

/** The JSON of a placement, SI units. */
export function placementJson({ problem, answer, intervals, basis, notes }: ShownPlacement): string {
  const { costOf: _cost, prices: _prices, ...terms } = basis ?? ({} as CostBasis);
  const { limit, requests_per_s } = problem;
  return JSON.stringify(
    { limit, requests_per_s: requests_per_s || null, basis: basis && terms, ...answer, intervals, notes },
    null,
    2,
  );
}
