import { counted } from '../plural.ts';
import { formatPercent } from '../report/format.ts';
import type { RestartSpread } from '../run/schema.ts';

/** How far anchors lie apart between starts of a server, in one line. */
export function spreadLine({ target, starts, anchors, ttft, tpot }: RestartSpread): string {
  const part = (name: string, spread: RestartSpread['ttft']): string[] =>
    spread === null
      ? []
      : [
          `${name} ${percent(spread.between_starts_percent)} (${percent(spread.sampling_percent)} by sampling)`,
        ];
  const spreads = [...part('TTFT', ttft), ...part('TPOT', tpot)].join(', ');
  return `${target}: between ${starts} starts of the server ${counted(anchors, 'anchor')} ${anchors === 1 ? 'differs' : 'differ'} by ${spreads}`;
}

const percent = (value: number): string => formatPercent(value / 100);
