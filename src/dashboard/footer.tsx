import { Box } from 'ink';
import { CELL_KINDS, markOf, TONES } from './glyphs.ts';
import { Tint, useLook } from './look.tsx';
import type { DashboardState, RunState } from './state.ts';

const KEYS: Readonly<Record<RunState, string>> = {
  starting: 'q stop',
  running: 'q stop and keep what is finished   p pause after this cell',
  paused: 'q stop and keep what is finished   p go on',
  stopping: 'ending the current cell; finished cells are kept (Ctrl-C again: leave at once)',
  done: '',
  interrupted: '',
  failed: '',
};

/** In the legend; running cells are told by the lanes. */
const NAMES = {
  valid: 'valid',
  flagged: 'flagged',
  invalid: 'invalid',
  failed: 'not measured',
  pending: 'left',
};
const LEGEND = CELL_KINDS.filter((kind) => kind !== 'running');

/** The legend of the map with the count of each kind, how many of them were kept from before, and the keys. */
export function Footer({ state }: { readonly state: DashboardState }) {
  const { glyphs } = useLook();
  const marks = state.cells.map(({ status }) => markOf(status));
  const counts = LEGEND.map((kind) => {
    const these = marks.filter((mark) => mark.kind === kind);
    return { kind, count: these.length, kept: these.filter((mark) => mark.kept).length };
  });
  return (
    <Box flexDirection="column">
      <Box columnGap={2} height={1} overflow="hidden">
        {counts
          .filter(({ count }) => count > 0)
          .map(({ kind, count, kept }) => (
            <Box key={kind} flexShrink={0}>
              <Tint
                tone={TONES[kind]}
              >{`${glyphs[kind]} ${count} ${NAMES[kind]}${kept > 0 ? ` (${kept} kept)` : ''}`}</Tint>
            </Box>
          ))}
      </Box>
      {KEYS[state.runState] === '' ? null : <Tint tone="quiet">{KEYS[state.runState]}</Tint>}
    </Box>
  );
}
