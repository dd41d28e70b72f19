import { Box } from 'ink';
import { formatNumber } from '../report/format.ts';
import { padText } from '../report/pad-text.ts';
import { Tint } from './look.tsx';
import type { Lane } from './state.ts';

const COLUMNS = [
  ['tok/s', 9],
  ['TTFT ms', 9],
  ['TPOT ms', 9],
  ['in flight', 11],
  ['completed', 11],
] as const;
/** Of the cell before: energy is known when its cell is over. Shown where any is known and there is room. */
const ENERGY_COLUMNS = [
  ['last W', 8],
  ['J/token', 8],
] as const;
const WIDEST_NAME = 15;

interface LiveProps {
  readonly lanes: readonly Lane[];
  /** Rows that may be used, the titles included. */
  readonly rows: number;
  readonly width: number;
}

/** Live figures of the cells in progress, one line a measuring target; the space stays when nothing is measured. */
export function Live({ lanes, rows, width: available }: LiveProps) {
  const measuring = lanes.filter(({ current }) => current?.progress != null);
  const lines = measuring
    .slice(0, Math.max(1, rows - 1))
    .map((lane) => ({ name: lane.name, figures: figuresOf(lane) }));
  const nameWidth = Math.min(WIDEST_NAME, Math.max(3, ...lanes.map(({ name }) => name.length)));
  const all = [...COLUMNS, ...ENERGY_COLUMNS];
  const needed = all.reduce((sum, [, width]) => sum + width, nameWidth);
  const columns = needed <= available && lanes.some(({ energy }) => energy !== null) ? all : COLUMNS;
  if (lines.length === 0) lines.push({ name: '', figures: COLUMNS.map(() => '-') });
  return (
    <Box flexDirection="column">
      <Tint tone="quiet">
        {padText('now', nameWidth)}
        {columns.map(([title, width]) => title.padStart(width)).join('')}
      </Tint>
      {lines.map(({ name, figures }) => (
        <Tint key={name} strong>
          {padText(name, nameWidth)}
          {columns.map(([, width], index) => (figures[index] ?? '').padStart(width)).join('')}
        </Tint>
      ))}
    </Box>
  );
}

function figuresOf({ current, energy }: Lane): string[] {
  const { progress } = current!;
  const { output_tokens_per_s, ttft_ms, tpot_ms, in_flight, completed } = progress!;
  return [
    formatNumber(output_tokens_per_s),
    formatNumber(ttft_ms),
    formatNumber(tpot_ms),
    String(in_flight),
    String(completed),
    ...(energy === null ? [] : [formatNumber(energy.power_w), formatNumber(energy.joules_per_token)]),
  ];
}
