import { decodeStepsOf } from '../../roofline/speculation.ts';
import type { PhaseSource } from '../phase-source.ts';
import { STUDY_RULES } from '../rules.ts';
import { meanContext, proposedSlots, sharedTokens } from '../workload.ts';
import type { GraphOption, GraphStage } from './graph-schema.ts';
import type { StageOption, StageServer, TokenLatency } from './problem.ts';
import { workloadOf } from './stage-workload.ts';
import { tokenLatencies } from './token-latencies.ts';

/** Price of a device at a place, and the share of its time that is of use. */
export interface PlacePrice {
  /** Null: no price; only options that state their own cost may stand there. */
  readonly usd_per_h: number | null;
  readonly utilisation: number;
}

/** What of one request a device computes. */
interface DeviceTime {
  readonly label: string;
  /** Until the stage's result is there, s. */
  readonly seconds: number;
  readonly device_seconds: number;
  readonly server?: StageServer | undefined;
  readonly latencies?: readonly TokenLatency[] | undefined;
}

const listOf = (value: number | readonly number[] | undefined, otherwise: readonly number[]) =>
  value === undefined ? otherwise : typeof value === 'number' ? [value] : value;

function given(option: GraphOption): DeviceTime {
  const seconds = option.time_ms! / 1e3;
  const [batch = 1] = listOf(option.batch, [1]);
  return { label: '', seconds, device_seconds: (seconds * (option.devices ?? 1)) / batch };
}

/** A phase at every TP size and batch that fit: a request waits for its whole batch, and pays its share of it. */
function computed(option: GraphOption, stage: GraphStage, source: PhaseSource): DeviceTime[] {
  const workload = workloadOf(stage);
  const { input, output } = workload;
  const prefill = stage.phase === 'prefill';
  const steps = decodeStepsOf(Math.max(2, output), workload.speculation);
  // What all prompts share counts once.
  const shared = sharedTokens(workload);
  const held = (prefill ? input : input + output + proposedSlots(workload)) - shared;
  const batches = prefill ? STUDY_RULES.prefill_batches : STUDY_RULES.decode_batches;
  return listOf(option.tp, source.tp_sizes).flatMap((tp) =>
    listOf(option.batch, batches)
      .filter((batch) => batch <= source.seats && shared + batch * held <= source.kvCapacityTokens(tp))
      .map((batch): DeviceTime => {
        const seconds = prefill
          ? source.prefillSeconds(tp, batch, input)
          : steps * source.decodeSeconds(tp, batch, meanContext(workload));
        return {
          label: `TP ${tp}, batch ${batch}`,
          seconds: seconds + (prefill ? source.request_overhead_s : 0),
          device_seconds: (tp * seconds) / batch,
          server: { tp, batch },
          ...(stage.objectives && { latencies: tokenLatencies(stage, source, { tp, batch }) }),
        };
      }),
  );
}

/**
 * An option of the graph as options of the problem: one where its time is given, one for each TP size and batch where a model
 * tells it; none where no batch fits the device. Costs are NaN where there is no price.
 */
export function optionsOf(
  option: GraphOption,
  stage: GraphStage,
  source: PhaseSource | null,
  { usd_per_h, utilisation }: PlacePrice,
): StageOption[] {
  const times = source === null ? [given(option)] : computed(option, stage, source);
  return times.map(({ device_seconds, ...time }) => {
    const paid = device_seconds / utilisation;
    const usd = option.usd ?? (usd_per_h === null ? Number.NaN : (paid * usd_per_h) / 3600);
    return { place: option.on, ...time, usd, device_seconds: paid };
  });
}
