import { Box } from 'ink';
import { calibrationLine } from '../report/calibration-text.ts';
import { formatClock } from '../report/format.ts';
import { HOW_ENDED } from '../report/goals-text.ts';
import { roundText } from '../report/round-text.ts';
import { searchText } from '../report/search-text.ts';
import { Tint, useLook } from './look.tsx';
import { type DashboardState, type Round, type RunState, remainingS } from './state.ts';

const BADGES: Partial<Record<RunState, string>> = {
  starting: 'STARTING',
  paused: 'PAUSED',
  stopping: 'STOPPING',
  done: 'FINISHED',
  interrupted: 'STOPPED',
  failed: 'FINISHED WITH FAILURES',
};

/** Columns at which more than a stump of it is left. */
const NARROWEST_WITH_CLIENT = 76;

interface HeaderProps {
  readonly state: DashboardState;
  readonly nowS: number;
  readonly width: number;
  /** Else what an adaptive run knows stands beside the name of the suite, cut where it does not fit. */
  readonly hasRoundLine: boolean;
}

/** Which run, how long it has been and will be; what an adaptive run knows; a bar that fills with finished cells. */
export function Header({ state, nowS, width, hasRoundLine }: HeaderProps) {
  const elapsed = state.startedAtS === null ? 0 : nowS - state.startedAtS;
  const left = remainingS(state, nowS);
  const { glyphs } = useLook();
  const round = knownLine(state)?.replaceAll('±', glyphs.plusMinus) ?? null;
  const client = clientLine(state);
  const badge = BADGES[state.runState];
  const about = state.remaining?.atMost ? 'at most ' : '~';
  const times = `elapsed ${formatClock(elapsed)}${left === null ? '' : `  left ${about}${formatClock(left)}`}`;
  return (
    <Box flexDirection="column">
      <Box justifyContent="space-between" columnGap={2}>
        <Box columnGap={2} flexGrow={1} flexShrink={1} overflow="hidden" height={1}>
          <Tint strong>{state.suite === '' ? 'ridge' : state.suite}</Tint>
          {round === null || hasRoundLine ? null : <Tint>{round}</Tint>}
          <Tint tone="quiet">{state.runId}</Tint>
          {client === null || width < NARROWEST_WITH_CLIENT ? null : (
            <Box flexGrow={1} flexShrink={1} flexBasis={0} height={1} overflow="hidden">
              <Tint tone="quiet">{client}</Tint>
            </Box>
          )}
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
      {hasRoundLine ? (
        <Box height={1} overflow="hidden">
          <Tint>{round}</Tint>
        </Box>
      ) : null}
      <ProgressBar state={state} width={width} />
    </Box>
  );
}

/** Of several hosts, one that was not calibrated. */
function clientLine({ clients }: DashboardState): string | null {
  const all = Object.values(clients);
  const shown = all.find(({ state }) => state !== 'calibrated') ?? all[0];
  return shown === undefined ? null : `client ${calibrationLine(shown)}`;
}

/** What an adaptive run or a search knows by now. */
function knownLine({ round, searches }: DashboardState): string | null {
  if (round !== null) return roundLine(round);
  const search = searches.at(-1);
  return search === undefined ? null : searchText(search);
}

const roundLine = (round: Round): string =>
  round.ended === null ? roundText(round) : `${roundText(round)}: ${HOW_ENDED[round.ended]}`;

function ProgressBar({ state, width }: Pick<HeaderProps, 'state' | 'width'>) {
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
