import { Box, Text } from 'ink';
import { columnWidth, type TargetGrid, windowAround } from './grid.ts';
import { Tint } from './look.tsx';
import { PlaceMark } from './place-mark.tsx';

const GAP = 1;
const BLOCK_GAP = 3;
/** Two lines of titles above the rows. */
const TITLE_ROWS = 2;

interface GridMapProps {
  readonly grids: readonly TargetGrid[];
  /** The target to show where not all fit beside each other. */
  readonly focus: string | null;
  readonly width: number;
  /** Rows of the screen that may be used, titles included. */
  readonly rows: number;
}

/** The grid as a map: rows are input/output lengths, columns loads, one block a target, one sign a cell. */
export function GridMap({ grids, focus, width, rows }: GridMapProps) {
  const first = grids[0];
  if (first === undefined || rows <= TITLE_ROWS) return null;
  const labelWidth = Math.max('in/out'.length, ...first.rows.map(({ label }) => label.length));
  const cellWidth = Math.max(...grids.map(columnWidth));
  const blockWidth = (columns: number) => columns * (cellWidth + GAP);
  const allWidth = labelWidth + grids.length * (blockWidth(first.columns.length) + BLOCK_GAP);
  const focused = grids.find(({ target }) => target === focus) ?? first;
  const shown = allWidth <= width ? grids : [focused];

  const fits = Math.max(1, Math.floor((width - labelWidth - BLOCK_GAP) / (cellWidth + GAP)));
  const columns = windowAround(first.columns.length, focused.activeColumn, fits);
  const capacity = rows - TITLE_ROWS;
  const cut = first.rows.length > capacity;
  const visible = windowAround(first.rows.length, focused.activeRow, cut ? capacity - 1 : capacity);
  const place = { columns, cellWidth, width: blockWidth(columns.end - columns.start) };
  return (
    <Box flexDirection="column">
      <Box>
        <Labels
          labels={['', 'in/out', ...first.rows.slice(visible.start, visible.end).map(({ label }) => label)]}
          width={labelWidth}
        />
        {shown.map((grid) => (
          <Block key={grid.target} grid={grid} rows={visible} place={place} />
        ))}
      </Box>
      {cut ? (
        <Tint tone="quiet">{`rows ${visible.start + 1} to ${visible.end} of ${first.rows.length}${hiddenTargets(grids, shown)}`}</Tint>
      ) : null}
    </Box>
  );
}

const hiddenTargets = (grids: readonly TargetGrid[], shown: readonly TargetGrid[]): string =>
  shown.length < grids.length ? `, 1 of ${grids.length} targets` : '';

function Labels({ labels, width }: { readonly labels: readonly string[]; readonly width: number }) {
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      {labels.map((label) => (
        <Tint key={label} tone="quiet">
          {label === '' ? ' ' : label.padStart(width)}
        </Tint>
      ))}
    </Box>
  );
}

interface BlockProps {
  readonly grid: TargetGrid;
  readonly rows: { readonly start: number; readonly end: number };
  readonly place: {
    readonly columns: { readonly start: number; readonly end: number };
    readonly cellWidth: number;
    readonly width: number;
  };
}

function Block({ grid, rows, place }: BlockProps) {
  const { columns, cellWidth, width } = place;
  const titles = grid.columns.slice(columns.start, columns.end);
  return (
    <Box flexDirection="column" width={width} marginLeft={BLOCK_GAP} flexShrink={0}>
      <Tint strong>{grid.target}</Tint>
      <Tint tone="quiet">{titles.map((title) => title.padStart(cellWidth + GAP)).join('')}</Tint>
      {grid.rows.slice(rows.start, rows.end).map(({ label, places }) => (
        <Text key={label}>
          {places.slice(columns.start, columns.end).map((marks, index) => (
            <PlaceMark key={titles[index]} marks={marks} width={cellWidth + GAP} />
          ))}
        </Text>
      ))}
    </Box>
  );
}
