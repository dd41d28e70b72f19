import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import { DEFAULT_CHOICE, derivedCapacity } from '../fit/dataset.ts';
import { expectedModel } from '../fit/family/expected-model.ts';
import { traitsOf } from '../fit/family/member.ts';
import type { Observation } from '../fit/observations.ts';
import type { FittedModel } from '../fit/predictive.ts';
import type { Device, DeviceServer } from '../fitfile/device-schema.ts';
import type { ModelCard } from '../model/card.ts';
import type { Padding } from '../roofline/padding.ts';
import type { ClosedLoopShape, EngineSettings } from '../roofline/serving.ts';
import { median } from '../stats/sorted.ts';
import { studentTQuantile } from '../stats/student-t.ts';

/** A model on a device that has no fit of it. */
export interface UnmeasuredServer {
  readonly device: Device;
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
  /** Null: one that is not among the published fits. */
  readonly engine: string | null;
  /** The first cells that were measured on it, which narrow what is expected; absent: none. */
  readonly cells?: readonly Observation[] | undefined;
  /** What servers there pad their steps to; `differs`: their fits do not agree, and nothing is assumed; default: nothing. */
  readonly padding?: Padding | 'differs' | null | undefined;
  /** Whether these cells are of a simulated endpoint; default: no. */
  readonly simulated?: boolean | undefined;
}

/** What a device file says of the server: its own engine's line, else that of engines without fits. */
export function deviceServer({ device, accelerator, card, engine }: UnmeasuredServer): DeviceServer {
  const { kind } = traitsOf(accelerator, engine ?? '', card);
  const found = device.servers.find((one) => one.kind === kind && one.engine === engine);
  const server = found ?? device.servers.find((one) => one.kind === kind && one.engine === null);
  if (server === undefined) throw new RidgeError(`the device file knows no ${kind} models`);
  return server;
}

/** What is expected of the server before any cell, ready to predict with; see `narrowed` for what its first cells add. */
export function unmeasuredModel(asked: UnmeasuredServer): FittedModel {
  const { device, accelerator } = asked;
  const card = bindCard(asked.card, accelerator);
  const server = deviceServer(asked);
  const least = studentTQuantile(0.95, server.degrees);
  const wide = ({ noise, interval_factors: { ttft, tpot } }: Device['predictors']['scheduler']) => ({
    noise,
    interval_factors: { ttft: Math.max(least, ttft), tpot: Math.max(least, tpot) },
  });
  const { scheduler, closed_form } = device.predictors;
  return expectedModel(server, accelerator, card, {
    scheduler: wide(scheduler),
    closed_form: wide(closed_form),
  });
}

/** vLLM's own default. */
const SEATS = 256;

/** Engine settings of the server at a tensor parallel size: as engines come, or as its cells were served. */
export function unmeasuredSettings(
  { accelerator, card, cells = [], padding }: UnmeasuredServer,
  tensorParallel: number,
): EngineSettings {
  const same = cells.find(({ engine }) => engine.tensorParallel === tensorParallel);
  if (same) return same.engine;
  const usual: EngineSettings = {
    tensorParallel,
    maxNumBatchedTokens: DEFAULT_CHOICE.max_num_batched_tokens,
    maxNumSeqs: SEATS,
    kvCapacityTokens: Math.floor(
      derivedCapacity(
        { accelerator, card: bindCard(card, accelerator) },
        tensorParallel,
        DEFAULT_CHOICE.memory_utilisation,
      ),
    ),
    admission: DEFAULT_CHOICE.admission,
    ...(padding && padding !== 'differs' && { padding }),
  };
  const [first] = cells;
  return first ? { ...first.engine, tensorParallel, kvCapacityTokens: usual.kvCapacityTokens } : usual;
}

/** How its client drives it: as the one that measured the cells, else at once and with equal lengths. */
export function unmeasuredDriving(
  cells: readonly Observation[],
): Pick<ClosedLoopShape, 'turnAroundSeconds' | 'driving'> {
  const known = cells.flatMap(({ turn_around_s }) => (turn_around_s === null ? [] : [turn_around_s]));
  const driving = cells.find((one) => one.driving?.kind === 'steady')?.driving;
  const jitter = driving?.kind === 'steady' ? driving.output_jitter : undefined;
  return {
    turnAroundSeconds: median(known),
    ...(jitter && { driving: { kind: 'steady', output_jitter: jitter } }),
  };
}
