/** A limit between the tokens of a stage beside what an option has, s. */
export interface TokenLatency {
  readonly key: string;
  readonly limit_s: number;
  readonly seconds: number;
}

/** A server that a stage's requests share. */
export interface StageServer {
  readonly tp: number;
  readonly batch: number;
}

/** A way to run one stage. */
export interface StageOption {
  /** Where it runs; data between stages moves only from place to place. */
  readonly place: string;
  /** What tells it from the others at its place: `TP 4, batch 8`; empty where there is one. */
  readonly label: string;
  readonly seconds: number;
  /** Of one request. */
  readonly usd: number;
  /** Device-seconds of one request, counted against the place's devices. */
  readonly device_seconds: number;
  /** Which of the file's options of the stage it is. */
  readonly index?: number | undefined;
  /** Absent: its time is given. */
  readonly server?: StageServer | undefined;
  /** One for each limit between tokens; absent: the stage has none. */
  readonly latencies?: readonly TokenLatency[] | undefined;
}

export interface Stage {
  readonly name: string;
  readonly options: readonly StageOption[];
}

/** What moving an edge's data from one place to another takes. */
export interface Move {
  readonly seconds: number;
  readonly usd: number;
}

/** A stage that waits for another's result. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  /** Null: nothing connects the places. Never asked for one place. */
  move(from: string, to: string): Move | null;
}

/** The most devices that stages may keep busy at a place, at a rate of requests. */
export interface Capacity {
  readonly place: string;
  readonly devices: number;
}

/** Latency limit from end to end of a request. */
export interface LatencyLimit {
  readonly seconds: number;
  /** Paid for each second beyond it; null: nothing beyond it is allowed. */
  readonly usd_per_s: number | null;
}

/** Stages of a request in an order in which every edge leads forwards, to be placed at least cost. */
export interface PlacementProblem {
  readonly stages: readonly Stage[];
  readonly edges: readonly Edge[];
  readonly limit: LatencyLimit | null;
  readonly requests_per_s: number;
  readonly capacities: readonly Capacity[];
}

export const NO_MOVE: Move = { seconds: 0, usd: 0 };

export const moveOf = (edge: Edge, from: string, to: string): Move | null =>
  from === to ? NO_MOVE : edge.move(from, to);

/** Places at which a stage can run, in the order of its options. */
export const placesOf = ({ options }: Stage): string[] => [...new Set(options.map(({ place }) => place))];
