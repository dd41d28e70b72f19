/** What the sockets of a port have seen, from its start. */
export interface SocketCounts {
  connections: number;
  reads: number;
  /** Reads that filled the whole buffer: more was waiting in the kernel, so the client was behind. */
  fullReads: number;
}
