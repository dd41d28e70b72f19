import type { ServerWork } from '../agent/agent-work.ts';
import { RidgeError } from '../errors.ts';
import { type RunningServer, startServer } from './start-server.ts';

/** An agent's one server. Stopping it also ends one that is still starting. */
export function serverWork(): ServerWork {
  let starting: { readonly abort: AbortController; readonly server: Promise<RunningServer> } | null = null;
  return {
    async start(target, task, hooks, signal) {
      if (starting !== null) throw new RidgeError('a server was started already');
      const abort = new AbortController();
      const server = startServer(target, task, hooks, AbortSignal.any([signal, abort.signal]));
      starting = { abort, server };
      try {
        return await server;
      } catch (error) {
        starting = null;
        throw error;
      }
    },
    async stop() {
      if (starting === null) return;
      const { abort, server } = starting;
      abort.abort();
      await server.then((running) => running.stop()).catch(() => undefined);
      starting = null;
    },
  };
}
