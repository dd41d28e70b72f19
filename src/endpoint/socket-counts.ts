/** What the sockets of a thread have seen, from its start. */
export interface SocketCounts {
  connections: number;
  reads: number;
  /** Reads that filled the whole buffer: more was waiting in the kernel, so the client was behind. */
  fullReads: number;
}

export interface ClientCounts extends Readonly<SocketCounts> {
  /** Most bytes of one thread that were ever stamped and not yet parsed. */
  readonly unparsedPeak: number;
  /** Share of the time in which the thread that waited most for a core did so; null: not known. */
  readonly coreWaitShare: number | null;
}

/** The counts of several threads as one. */
export const addCounts = (all: readonly ClientCounts[]): ClientCounts => ({
  connections: sum(all.map(({ connections }) => connections)),
  reads: sum(all.map(({ reads }) => reads)),
  fullReads: sum(all.map(({ fullReads }) => fullReads)),
  unparsedPeak: Math.max(0, ...all.map(({ unparsedPeak }) => unparsedPeak)),
  coreWaitShare: most(all.map(({ coreWaitShare }) => coreWaitShare)),
});

const most = (values: readonly (number | null)[]): number | null =>
  values.reduce((one, other) => (one === null || (other !== null && other > one) ? other : one), null);

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
