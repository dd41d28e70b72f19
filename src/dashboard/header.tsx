import { Box } from 'ink';
import { formatClock } from '../report/format.ts';
import { roundText } from '../report/round-text.ts';
import { Tint, useLook } from './look.tsx';
import { type DashboardState, type RunState, remainingS } from './state.ts';

const BADGES: Partial<Record<RunState, string>> = {
  starting: 'STARTING',
  paused: 'PAUSED',
  stopping: 'STOPPING',
  done: 'FINISHED',
  interrupted: 'STOPPED',
  failed: 'FINISHED WITH FAILURES',
};

interface HeaderProps {
  readonly state: DashboardState;
  readonly nowS: number;
  readonly width: number;
}

/** Two lines: which run, how long it has been and will be; a bar that fills with finished cells. */
export function Header({ state, nowS, width }: HeaderProps) {
  const elapsed = state.startedAtS === null ? 0 : nowS - state.startedAtS;
  const left = remainingS(state, nowS);
  const { glyphs } = useLook();
  const round = state.round && roundText(state.round).replaceAll('±', glyphs.plusMinus);
  const badge = BADGES[state.runState];
  const about = state.remaining?.atMost ? 'at most ' : '~';
  const times = `elapsed ${formatClock(elapsed)}${left === null ? '' : `  left ${about}${formatClock(left)}`}`;
  return (
    <Box flexDirection="column">
      <Box justifyContent="space-between" columnGap={2}>
        <Box columnGap={2} flexShrink={1} overflow="hidden" height={1}>
          <Tint strong>{state.suite === '' ? 'ridge' : state.suite}</Tint>
          {round === null ? null : <Tint>{round}</Tint>}
          <Tint tone="quiet">{state.runId}</Tint>
        </Box>
        <Box columnGap={2} flexShrink={0}>
          {badge === undefined ? null : (
            <Tint tone="doubtful" strong>
              {badge}
            </Tint>
          )}
          <Tint>{times}</Tint>
        </Box>
      </Box>
      <ProgressBar state={state} width={width} />
    </Box>
  );
}

function ProgressBar({ state, width }: Omit<HeaderProps, 'nowS'>) {
  const { glyphs } = useLook();
  const total = state.cells.length;
  const done = state.cells.filter(
    ({ status }) => status.state === 'finished' || status.state === 'failed',
  ).length;
  const label = ` ${done}/${total} cells`;
  const length = Math.max(0, width - label.length);
  const filled = total === 0 ? 0 : Math.round((length * done) / total);
  return (
    <Box height={1}>
      <Tint tone="good">{glyphs.barDone.repeat(filled)}</Tint>
      <Tint tone="quiet">{glyphs.barLeft.repeat(length - filled)}</Tint>
      <Tint>{label}</Tint>
    </Box>
  );
}
