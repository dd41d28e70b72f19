import { renderToString } from 'ink';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { ASCII_GLYPHS, glyphsFor, UNICODE_GLYPHS } from '../../src/dashboard/glyphs.ts';
import { LookProvider } from '../../src/dashboard/look.tsx';
import { reduce } from '../../src/dashboard/reduce.ts';
import { Screen } from '../../src/dashboard/screen.tsx';
import { initialState } from '../../src/dashboard/state.ts';
import { cellEnergy } from '../../src/power/cell-energy.ts';
import type { PowerFacts } from '../../src/power/sample.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { calibration } from '../calibrate/made.ts';
import {
  cellsOf,
  DEMO_PLAN,
  LARGE_PLAN,
  type Plan,
  progress,
  record,
  recording,
  runStarted,
  shape,
} from './events.ts';

const recordings = new Map([DEMO_PLAN, LARGE_PLAN].map((plan) => [plan, recording(plan)]));

/** The screen after the first `count` events of a recorded run. */
const draw = (plan: Plan, count: number, columns: number, rows: number, glyphs = UNICODE_GLYPHS): string[] =>
  drawEvents(recordings.get(plan)!.slice(0, count), columns, rows, glyphs);

function drawEvents(
  events: readonly RunEvent[],
  columns: number,
  rows: number,
  glyphs = UNICODE_GLYPHS,
): string[] {
  const state = events.reduce((before, event) => reduce(before, event, 0), initialState);
  return renderToString(
    <LookProvider value={{ colour: false, glyphs }}>
      <Screen state={state} nowS={41} columns={columns} rows={rows} />
    </LookProvider>,
    { columns },
  ).split('\n');
}

const FACTS: PowerFacts = {
  source: 'nvidia-smi',
  version: null,
  scope: 'device',
  averaging: '1s',
  interval_s: 0.1,
  resolution_w: 0.01,
  has_counter: false,
  counter_range_j: null,
  devices: ['0'],
};

const sizes = [
  [80, 24],
  [160, 50],
  [200, 24],
  [60, 14],
] as const;
const moments = [0, 1, 2, 6, 20, 71, 300];

describe.each(sizes)('on %d by %d', (columns, rows) => {
  test.each([
    ['demo', DEMO_PLAN],
    ['large', LARGE_PLAN],
  ])('the %s grid fits at every moment, one row left free', (_, plan) => {
    for (const moment of moments) {
      const lines = draw(plan, moment, columns, rows);
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
      expect(lines.length).toBeLessThan(rows);
    }
  });
});

test('watts and joules of the cell before stand beside the live figures where there is room', () => {
  const cell = shape(128, 64, 1);
  const energy = cellEnergy(
    FACTS,
    { devices: [], energy_j: 9_870, taken_from: 'integral', counter_disagreement: null, reasons: [] },
    { from_s: 0, to_s: 30 },
    { outputTokens: 6_000, inputTokens: 0, requests: 10 },
    null,
  );
  const finished = { ...record('tp1', cell), energy };
  const events: RunEvent[] = [
    runStarted(DEMO_PLAN),
    { kind: 'cell_finished', target: 'tp1', record: finished, reused: false },
    { kind: 'cell_started', target: 'tp1', cell: shape(128, 64, 8), attempt: 1 },
    { kind: 'cell_progress', target: 'tp1', cell: shape(128, 64, 8), progress: progress() },
  ];
  const wide = drawEvents(events, 80, 24).join('\n');
  expect(wide).toMatch(/tok\/s .* completed +last W +J\/token/);
  expect(wide).toMatch(/tp1 +1235? .* 34 +329 +1\.65/);
  const narrow = drawEvents(events, 60, 24);
  expect(narrow.join('\n')).not.toContain('last W');
  expect(Math.max(...narrow.map((line) => stringWidth(line)))).toBeLessThanOrEqual(60);
});

test('at 80 by 24 the demo shows run, clock, targets, both maps, live figures, warnings and keys', () => {
  const screen = draw(DEMO_PLAN, 60, 80, 24).join('\n');
  for (const part of [
    'demo  2026-01-01T00-00-00-demo',
    'elapsed 0:41',
    'cells',
    'tp1 h100-sxm-80gb TP 1 Llama-3.1-8B-Instruct',
    'TTFT ms',
    '45.3',
    '8.31',
    '! tp1: the server does not expose max_num_seqs',
    'q stop',
    'p pause',
  ]) {
    expect(screen).toContain(part);
  }
  expect(screen).toMatch(/tp1 +tp2\nin\/out +1 +8 32 +1 +8 32\n/);
});

test('every kind of cell has a sign of its own, in both sets', () => {
  for (const glyphs of [UNICODE_GLYPHS, ASCII_GLYPHS]) {
    const { barDone: _, barLeft: __, ...signs } = glyphs;
    expect(new Set(Object.values(signs)).size).toBe(Object.keys(signs).length);
  }
});

test('the last frame of a run shows its verdicts', () => {
  const map = draw(DEMO_PLAN, 300, 80, 24).join('\n');
  expect(map).toContain('128/64     ✓  ✓  !     ✓  ✓  ✓');
  expect(map).toMatch(/✓ \d+ valid \(2 kept\)/);
  expect(map).toContain('FINISHED');
  expect(map).not.toContain('q stop');
});

test('a grid too large for the screen shows the part being measured and says so', () => {
  const last = cellsOf(LARGE_PLAN).at(-1)!;
  const events: RunEvent[] = [runStarted(LARGE_PLAN), { kind: 'cell_started', ...last, attempt: 1 }];
  const screen = drawEvents(events, 80, 24).join('\n');
  expect(screen).toContain(UNICODE_GLYPHS.running);
  expect(screen).toMatch(/rows \d+ to 45 of 45, 1 of 6 targets/);
  expect(screen).toContain('trn2-tp16\n');
});

test('a locale without such signs gets plain letters', () => {
  expect(glyphsFor({ LC_ALL: 'C' })).toBe(ASCII_GLYPHS);
  expect(glyphsFor({ TERM: 'linux', LANG: 'en_US.UTF-8' })).toBe(ASCII_GLYPHS);
  expect(glyphsFor({ LANG: 'C.UTF-8' })).toBe(UNICODE_GLYPHS);
  const signs = draw(DEMO_PLAN, 60, 80, 24, ASCII_GLYPHS).join('\n').replaceAll('…', '');
  expect(signs).not.toMatch(/\P{ASCII}/u);
});

test('what a lane does stands apart from its model, also where both are cut', () => {
  const lane = draw(DEMO_PLAN, 20, 60, 24).find((line) => line.startsWith(UNICODE_GLYPHS.running));
  expect(lane).toMatch(/^► tp1 h100\S*…\S* TP 1 Lla\S*…\S* \d\S+ c \d+/);
});

test('an adaptive run says how certain it is and what is left of its budget, at every size', () => {
  const round: RunEvent = {
    kind: 'round',
    round: 3,
    cells: 3,
    fitted: true,
    half_width_percent: { ttft_ms: 12.3, tpot_ms: 7.1 },
    goals_percent: { tpot_ms: 5 },
    spent_s: 600,
    budget_s: 3600,
    ended: null,
  };
  const left: RunEvent = { kind: 'remaining', seconds: 3000, round_s: 60 };
  const events = [runStarted(DEMO_PLAN), round, left];
  const [head, line] = drawEvents(events, 80, 24);
  expect(line).toBe('round 3: TTFT ±12 %, TPOT ±7.1 % (goal 5)');
  expect(drawEvents([...events, { ...round, ended: 'budget' }], 80, 24)[1]).toMatch(/: the time was spent$/);
  expect(drawEvents(events, 120, 18)[0]).toContain('round 3: TTFT ±12 %, TPOT ±7.1 % (goal 5)');
  expect(head).toContain('left at most 49:');
  expect(drawEvents(events, 120, 30, ASCII_GLYPHS)[1]).toContain('TPOT +-7.1 %');
  for (const [columns, rows] of sizes) {
    const lines = drawEvents(events, columns, rows);
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  }
});

test.each([60, 80, 160])(
  'at %i columns the header says whether the client was calibrated, and does not grow',
  (columns) => {
    const started = runStarted(DEMO_PLAN);
    const calibrated = { state: 'calibrated', ...calibration() } as const;
    const events = [started, { kind: 'client', host: 'lab-7', calibration: calibrated }] as const;
    const without = drawEvents([started], columns, 24);
    const lines = drawEvents(events, columns, 24);
    expect(lines.length).toBe(without.length);
    expect(lines[0]).toContain('demo  2026-01-01T00-00-00-demo');
    expect(lines[0]!.includes('client calibrated')).toBe(columns >= 80);
    const none = [...events, { kind: 'client', host: 'lab-8', calibration: { state: 'none' } }] as const;
    expect(drawEvents(none, 160, 24)[0]).toContain('client not calibrated: ridge calibrate');
  },
);
