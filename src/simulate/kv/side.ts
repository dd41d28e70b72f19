import { randomUUID } from 'node:crypto';
import type { LoopRequest } from '../engine-loop.ts';
import type { LiveLoop } from '../live-loop.ts';
import { KvLeases } from './leases.ts';
import { KvLink } from './link.ts';
import type { KvConnector } from './options.ts';

/** A server's part in KV transfers. */
export interface KvSide {
  readonly connector: KvConnector;
  /** Names this engine to the servers that fetch from it. */
  readonly engineId: string;
  readonly leases: KvLeases;
  readonly link: KvLink;
}

export const createKvSide = (connector: KvConnector, live: LiveLoop<LoopRequest>): KvSide => ({
  connector,
  engineId: randomUUID(),
  leases: new KvLeases(live, connector.lease_s),
  link: new KvLink(connector),
});

export const computesForOthers = (kv: KvSide | null): kv is KvSide =>
  kv !== null && kv.connector.role !== 'decode';
export const takesFromOthers = (kv: KvSide | null): kv is KvSide =>
  kv !== null && kv.connector.role !== 'prefill';
