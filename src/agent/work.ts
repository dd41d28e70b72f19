import type { EndpointIdentity } from '../endpoint/identity.ts';
import { identify } from './identify.ts';
import { runCell } from './run-cell.ts';
import type { AgentWork } from './serve.ts';

/** An agent's work on a vLLM-like endpoint. What the endpoint is asked once and kept for the cells. */
export function endpointWork(): AgentWork {
  let known: EndpointIdentity | null = null;
  return {
    async identify(target) {
      const { identity, endpoint } = await identify(target);
      known = endpoint;
      return identity;
    },
    async runCell(target, task, hooks, signal) {
      known ??= (await identify(target)).endpoint;
      return runCell(target, known, task, hooks, signal);
    },
  };
}
