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
const WIDEST_NAME = 16;

interface LiveProps {
  readonly lanes: readonly Lane[];
  /** Rows that may be used, the titles included. */
  readonly rows: number;
}

/** Live figures of the cells in progress, one line a measuring target; the space stays when nothing is measured. */
export function Live({ lanes, rows }: LiveProps) {
  const measuring = lanes.filter(({ current }) => current?.progress != null);
  const lines = measuring
    .slice(0, Math.max(1, rows - 1))
    .map((lane) => ({ name: lane.name, figures: figuresOf(lane) }));
  const nameWidth = Math.min(WIDEST_NAME, Math.max(3, ...lanes.map(({ name }) => name.length)));
  if (lines.length === 0) lines.push({ name: '', figures: COLUMNS.map(() => '-') });
  return (
    <Box flexDirection="column">
      <Tint tone="quiet">
        {padText('now', nameWidth)}
        {COLUMNS.map(([title, width]) => title.padStart(width)).join('')}
      </Tint>
      {lines.map(({ name, figures }) => (
        <Tint key={name} strong>
          {padText(name, nameWidth)}
          {figures.map((figure, index) => figure.padStart(COLUMNS[index]![1])).join('')}
        </Tint>
      ))}
    </Box>
  );
}

function figuresOf(lane: Lane): string[] {
  const { progress } = lane.current!;
  const { output_tokens_per_s, ttft_ms, tpot_ms, in_flight, completed } = progress!;
  return [
    formatNumber(output_tokens_per_s),
    formatNumber(ttft_ms),
    formatNumber(tpot_ms),
    String(in_flight),
    String(completed),
  ];
}
