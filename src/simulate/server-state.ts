import type { SimulatedDevice } from './device.ts';
import type { LoopRequest } from './engine-loop.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { KvSide } from './kv/side.ts';
import type { LiveLoop } from './live-loop.ts';
import type { Pose } from './poses.ts';
import type { Quirk } from './power/tools/fake-tool.ts';
import type { Random } from './random.ts';
import type { SendLog } from './send-log.ts';

/** What the handlers of one simulated endpoint share. */
export interface ServerState {
  readonly device: SimulatedDevice;
  readonly live: LiveLoop<LoopRequest>;
  readonly faults: FaultPlan;
  readonly sendLog: SendLog | null;
  /** Randomness of the front end: coalesced chunks. */
  readonly random: Random;
  readonly coalesces: boolean;
  /** Tokens that a chunk carries, as with speculative decoding: the engine hands out so many at once. */
  readonly tokensPerChunk: number;
  readonly pose: Pose;
  /** Whether it offers what vLLM offers developers. */
  readonly devMode: boolean;
  readonly apiKey: string | null;
  /** Its part in KV transfers; null: it has no connector. */
  readonly kv: KvSide | null;
  /** How its power tools misbehave, and how often they have read. */
  readonly power: {
    readonly quirks: readonly Quirk[];
    readings: number;
    /** What the devices are set to run at; as `nvidia-smi -ac` would change it. */
    application_clock_mhz: number;
  };
  nextOrder(): number;
  /** How often the server was restarted. */
  readonly restarts: number;
  stopListening(): void;
  /** Cuts every connection and begins anew as a newer version, as a restarted server does. */
  restart(): void;
  /** Ends the process, as a crash would. */
  exit(): void;
}
