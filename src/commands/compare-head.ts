import type { CompareQuestion } from '../cost/compare.ts';
import type { Served } from '../cost/workload.ts';
import { formatNumber, formatPercent } from '../report/format.ts';

/** What was asked, on which cost basis, and how requests arrive. */
export function headLines({ workload, objectives, basis, rules, budget }: CompareQuestion): string[] {
  const asked = objectives.map(({ key, limit_s }) => `${key}=${formatNumber(1e3 * limit_s)}`).join(', ');
  const { queueing, transfer } = rules;
  const queue =
    queueing.kind === 'none'
      ? 'no queue'
      : `${workload.mix ? "as bursty as the trace's" : 'Poisson'}, ${queueing.workers === 1 ? 'a queue for each prefill worker' : `a queue for every ${queueing.workers} prefill workers`} (M/D/${queueing.workers}${workload.mix ? ', longer by how arrivals and prompts vary' : ''})`;
  return [
    `${workloadText(workload)}; ${asked === '' ? 'no latency limit' : asked}`,
    `cost basis ${basis.name} (${basis.date}): ${basis.includes}; excludes ${basis.excludes}`,
    `arrivals: ${queue}; KV transfer ${transfer?.mode.replace('_', '-') ?? 'free'}, computed, not measured`,
    ...(budget ? [budgetText(budget)] : []),
  ];
}

/** Lengths, what of them is cached, and what is proposed. */
const workloadText = (workload: CompareQuestion['workload']): string =>
  [lengthsText(workload), ...servedTexts(workload)].join(', ');

/** What of prompts is cached, and what is proposed; empty where nothing is. */
export function servedTexts({ cached_input = 0, speculation, draft }: Served): string[] {
  const by = draft ? ` by ${draft.id}` : '';
  return [
    ...(cached_input > 0 ? [`the first ${cached_input} of each prompt cached`] : []),
    ...(speculation
      ? [
          `${speculation.draftTokens} tokens a step proposed${by}, ${formatPercent(speculation.acceptance)} accepted`,
        ]
      : []),
  ];
}

function lengthsText({ input, output, mix }: CompareQuestion['workload']): string {
  if (mix === undefined) return `${input} in, ${output} out`;
  const [median, , , most] = mix.quantiles;
  return [
    `trace of ${mix.requests} requests: ${formatNumber(input)} in and ${formatNumber(output)} out on average`,
    ` (p50 ${formatNumber(median!.input)} and ${formatNumber(median!.output)}, p99 ${formatNumber(most!.input)} and ${formatNumber(most!.output)})`,
    `, ${formatNumber(mix.requests_per_s)} requests/s, ${formatNumber(mix.peak_requests_per_s)} in the busiest minute`,
    `, gaps varying ${formatNumber(mix.arrivals_cv2)} times as at random`,
  ].join('');
}

const budgetText = (budget: NonNullable<CompareQuestion['budget']>): string =>
  budget.kind === 'requests_per_s'
    ? `ranked by $ an hour of whole workers for ${formatNumber(budget.least)} requests/s`
    : `ranked by requests/s within ${budget.kind}=${budget.most}`;
