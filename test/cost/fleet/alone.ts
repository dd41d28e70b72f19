import { expect } from 'vitest';
import type { Requests } from '../../../src/cost/fleet/requests.ts';
import type { Router } from '../../../src/cost/fleet/router.ts';
import type { Service } from '../../../src/cost/fleet/service.ts';
import { Worker } from '../../../src/cost/fleet/worker.ts';
import { clusterOf, plainServer } from './servers.ts';

/** Simulates requests on one server that does everything. */
export function alone(requests: Requests, service: Service = plainServer()): Requests {
  const cluster = clusterOf(requests);
  const worker = new Worker(0, service, requests, cluster);
  const router: Router = { prompt: () => worker, decode: () => worker };
  expect(cluster.run([worker], router)).toBe(true);
  return requests;
}
