import { Box } from 'ink';
import { counted } from '../plural.ts';
import { cellText } from '../report/cell-text.ts';
import { formatDuration } from '../report/format.ts';
import { padText } from '../report/pad-text.ts';
import type { CellPhase } from '../run/events.ts';
import { columnWidths } from './columns.ts';
import type { Tone } from './glyphs.ts';
import { Tint, useLook } from './look.tsx';
import type { CurrentCell, Lane } from './state.ts';

const STATE_TONES: Partial<Record<Lane['state'], Tone>> = {
  measuring: 'active',
  restarting: 'doubtful',
  failed: 'bad',
  done: 'good',
};

const PHASES: Readonly<Record<CellPhase, string>> = {
  probe: 'probe',
  warm_up: 'warm-up',
  window: 'window',
  drain: 'drain',
  idle: 'wait for idle',
};

const phaseText = ({ progress, attempt }: CurrentCell): string =>
  [
    progress === null ? '' : `${PHASES[progress.phase]} ${formatDuration(progress.elapsed_s)}`,
    attempt > 1 ? `attempt ${attempt}` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');

const now = (lane: Lane): string => {
  if (lane.current !== null) return `${cellText(lane.current.cell)}  ${phaseText(lane.current)}`;
  return lane.message === null ? lane.state : `${lane.state}: ${lane.message}`;
};

const IDENTITY = ['name', 'accelerator', 'tensor_parallel', 'model'] as const;

const identity = ({ name, accelerator, tensorParallel, model }: Lane): string[] => [
  name,
  accelerator,
  tensorParallel === null ? '' : `TP ${tensorParallel}`,
  model.slice(model.lastIndexOf('/') + 1),
];

interface LanesProps {
  readonly lanes: readonly Lane[];
  /** Rows that may be used; the busiest lanes are kept, the last row tells of the others. */
  readonly rows: number;
  readonly width: number;
}

/** Target, accelerator and model may take this share of the width together, what the lane does takes the rest. */
const IDENTITY_SHARE = 0.6;

/** One line a target: who it is and what it does now. */
export function Lanes({ lanes, rows, width }: LanesProps) {
  const { glyphs } = useLook();
  const shown = lanes.length <= rows ? lanes : busiest(lanes, rows - 1);
  const widths = columnWidths(shown.map(identity), Math.floor(width * IDENTITY_SHARE));
  const left = widths.reduce((rest, one) => rest - one - 1, width - '► '.length);
  return (
    <Box flexDirection="column">
      {shown.map((lane) => (
        <Box key={lane.name} height={1} columnGap={1}>
          <Tint tone="active">{lane.current !== null ? glyphs.running : ' '}</Tint>
          {identity(lane).map((text, index) => (
            <Box key={IDENTITY[index]} flexShrink={0}>
              <Tint {...(index === 0 ? {} : { tone: 'quiet' })} strong={index === 0}>
                {padText(text, widths[index]!)}
              </Tint>
            </Box>
          ))}
          <Box width={left} flexShrink={0}>
            <Tint {...toneOf(lane)}>{now(lane)}</Tint>
          </Box>
        </Box>
      ))}
      {shown.length < lanes.length ? (
        <Tint tone="quiet">{`  and ${counted(lanes.length - shown.length, 'more target')}`}</Tint>
      ) : null}
    </Box>
  );
}

function toneOf(lane: Lane): { tone?: Tone } {
  const tone = STATE_TONES[lane.state];
  return tone === undefined ? {} : { tone };
}

const URGENCY: readonly Lane['state'][] = [
  'measuring',
  'restarting',
  'failed',
  'identifying',
  'starting',
  'ready',
  'done',
];

const busiest = (lanes: readonly Lane[], count: number): Lane[] => {
  const first = [...lanes]
    .sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state))
    .slice(0, count);
  return lanes.filter((lane) => first.includes(lane));
};
