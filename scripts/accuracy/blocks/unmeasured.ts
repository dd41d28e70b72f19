import { narrowed } from '../../../src/fit/family/narrow.ts';
import { type Bench, foreignErrors, type Question, score } from '../bench.ts';
import { pooled, type Score, type Targets } from '../score.ts';
import {
  cellsToMeasure,
  guess,
  type LeftOut,
  type Unmeasured,
  unseen,
  wholeDevice,
  wholeModel,
} from '../unmeasured.ts';
import type { Block } from './block.ts';
import {
  ATOM,
  B_GPT_OSS,
  B_LLAMA,
  B_LLAMA_TRT,
  B_MINIMAX,
  GPT_OSS,
  knownServer,
  LLAMA,
  LLAMA_8B,
  MI300X,
  MI355X,
  MINIMAX,
  QWEN,
  type Served,
  UNIT,
} from './served.ts';

const NEW_MODEL: Targets = { tpot: 11, ttft: 20, source: 'goal' };
const NEW_DEVICE: Targets = { tpot: 15, source: 'goal' };
const THREE_CELLS: Targets = { tpot: 8, source: 'goal' };
const CELLS = 3;

function line(
  block: string,
  name: string,
  targets: Targets | null,
  server: Unmeasured,
  leftOut: LeftOut,
): Score {
  const { model, target } = guess(server, leftOut);
  return score({ block, name, targets }, 'transfer', foreignErrors(model, target, target.observations));
}

/** A model that was measured nowhere, on a device that is known by others. */
const leftOutModel = (one: Served, targets: Targets | null): Score[] => {
  const known = knownServer(one);
  const { facts: _, ...server } = known;
  return [
    line('LM', `${one.name}, model left out`, targets, server, wholeModel),
    { ...line('LM', `${one.name}, same, engine facts known`, targets, known, wholeModel), repeated: true },
  ];
};

export const LEFT_OUT_MODELS: Block = {
  code: 'LM',
  ask: () =>
    [
      ...[LLAMA, QWEN].map((one) => leftOutModel(one, NEW_MODEL)),
      ...[GPT_OSS, MINIMAX, LLAMA_8B, B_LLAMA, B_LLAMA_TRT, B_GPT_OSS, B_MINIMAX, MI300X, MI355X, ATOM].map(
        (one) => leftOutModel(one, null),
      ),
    ].flat(),
};

interface LeftOutDevice {
  readonly rows: readonly Score[];
  /** Of each set, from the spec sheet alone, and after its cells. */
  readonly before: readonly Score[];
  readonly after: readonly Score[];
}

function leftOutDevice(device: string, sets: readonly Served[]): LeftOutDevice {
  const each = sets.map((one) => {
    const server = knownServer(one);
    const before = line('LD', `${one.name}, device left out`, null, server, wholeDevice);
    return [
      before,
      afterCells({ block: 'LD', name: `${one.name}, after ${CELLS} cells`, targets: null }, server),
    ];
  });
  const [before, after] = [each.map(([one]) => one!), each.map(([, one]) => one!)];
  return { rows: [...each.flat(), ...pooledDevice(device, before, after)], before, after };
}

const pooledDevice = (device: string, before: readonly Score[], after: readonly Score[]): Score[] => [
  pooled(`${device}, from the spec sheet`, before, NEW_DEVICE),
  pooled(`${device}, after ${CELLS} cells of each`, after, THREE_CELLS),
];

function afterCells(question: Question, server: Unmeasured): Score {
  const start = guess(server, wholeDevice);
  const cells = cellsToMeasure(start, CELLS);
  return score(
    question,
    'transfer',
    foreignErrors(narrowed(start.model, cells), unseen(start, cells), cells),
  );
}

export const LEFT_OUT_DEVICES: Block = {
  code: 'LD',
  ask: (_bench: Bench) => {
    const devices = [
      leftOutDevice('H100', [LLAMA, QWEN, GPT_OSS, MINIMAX]),
      leftOutDevice('B200', [B_LLAMA, B_GPT_OSS, B_MINIMAX]),
      leftOutDevice('MI300X', [MI300X]),
      leftOutDevice('MI355X', [MI355X, ATOM]),
      leftOutDevice('H200', [UNIT]),
    ];
    // The targets are each device's: one that is far off does not hide among the others.
    return [
      ...devices.flatMap(({ rows }) => rows),
      pooled(
        'all five devices, from the spec sheet',
        devices.flatMap(({ before }) => before),
        null,
      ),
      pooled(
        `all five devices, after ${CELLS} cells of each`,
        devices.flatMap(({ after }) => after),
        null,
      ),
    ];
  },
};
