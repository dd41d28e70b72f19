import type { BenchShape } from './null-bench.ts';

/** Cores from which one thread of the client is fed by two servers: one core sends about as fast as one reads. */
const CORES_FOR_TWO_SERVERS = 4;
/** As many as a suite may ask for (`client_workers`). */
const MOST_WORKERS = 64;
/** The fewest that a port has besides the thread that calls. */
const WORKERS_A_SERVER = 2;

/** One thread of the client. */
export const oneCore = (cores: number): BenchShape => ({
  servers: cores >= CORES_FOR_TWO_SERVERS ? 2 : 1,
  workersAServer: 1,
});

/** All cores: two thirds of them receive, one third sends; null on a host with one core. */
export function allCores(cores: number): BenchShape | null {
  if (cores < 2) return null;
  const servers = Math.max(1, Math.floor((cores - 1) / (WORKERS_A_SERVER + 1)));
  return { servers: Math.min(servers, MOST_WORKERS / WORKERS_A_SERVER), workersAServer: WORKERS_A_SERVER };
}
