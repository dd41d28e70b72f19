import type { AgentTimeouts } from '../agent/connection.ts';
import { AgentFailure } from '../agent/failure.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { judgeEnvironment } from '../measure/verdict.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { environmentOf, requireModel } from './describe-target.ts';
import type { RunListener } from './event-bus.ts';
import { endpointFailed } from './lane.ts';
import type { LaneContext } from './lane-context.ts';
import type { LiveTarget, RunTarget } from './schema.ts';
import { type ServerLog, serverLogFile } from './server-log.ts';
import { closeAll, type StartedTarget, startTargets } from './start-targets.ts';
import { BESIDE_A_SERVER, type ServedTarget, StartedServer } from './started-server.ts';

export interface ServedStart {
  readonly named: ServedTarget;
  /** Of the server's starts in this run, from 1. */
  readonly count: number;
  /** What it was found to be at an earlier start; null: this is the first. */
  readonly before: RunTarget | null;
  readonly models: readonly string[] | undefined;
  readonly log: ServerLog;
  readonly emit: RunListener;
  readonly signal: AbortSignal;
  readonly timeouts: Partial<AgentTimeouts> | undefined;
}

/** A server that the run started, and the target that it is. */
export interface ServedUp {
  readonly server: StartedServer;
  readonly started: StartedTarget;
  /** The target with what the log has said up to now. */
  target(): LiveTarget;
  /** Drives its cells; after one that failed it is known whether the server has ended. */
  readonly session: LaneContext['session'];
  /** Ends agent and server; never fails. */
  close(): Promise<void>;
}

/**
 * Starts a target's server and asks what it is.
 * @throws RidgeError when it does not come up, is not what the lab file says, or not what it was before; it is ended then
 */
export async function startServed(start: ServedStart): Promise<ServedUp> {
  const { named, count, log, emit } = start;
  const state = (message: string): void =>
    emit({ kind: 'target_state', target: named.name, state: 'starting', message });
  log.append(`[ridge: start ${count} of ${named.name}, ${new Date().toISOString()}]\n`);
  const again = count === 1 ? 'its server starts' : `its server starts again (${count})`;
  state(`${again}: ${shortened(named.definition.serve.argv.join(' '))}`);
  const server = await StartedServer.start(
    named,
    {
      log: (text) => log.append(text),
      warning: (message) => emit({ kind: 'warning', target: named.name, message }),
    },
    start.signal,
    start.timeouts,
  );
  try {
    state(`its server was ready after ${server.readyAfterS.toFixed(1)} s`);
    const [started] = await startDriving(start, server);
    const up = upOf(start, server, started!);
    try {
      requireAsSaid(start, up);
    } catch (error) {
      await started!.session.close();
      throw error;
    }
    return up;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The agent that drives the load; tried once more, for the server took long to come up and nobody is there at night. */
async function startDriving(
  { named, emit, signal, timeouts }: ServedStart,
  server: StartedServer,
): Promise<StartedTarget[]> {
  const attempt = (): Promise<StartedTarget[]> =>
    startTargets([named], emit, { ...BESIDE_A_SERVER, ...timeouts }, server.facts);
  try {
    return await attempt();
  } catch (error) {
    const again = error instanceof AgentFailure && (error.restartable || error.kind === 'not_started');
    if (!again || signal.aborted) throw error;
    emit({ kind: 'warning', target: named.name, message: `${error.message}; tried again` });
    return attempt();
  }
}

const LONGEST_COMMAND = 100;
const shortened = (text: string): string =>
  text.length > LONGEST_COMMAND ? `${text.slice(0, LONGEST_COMMAND - 3)}...` : text;

function upOf({ named, count }: ServedStart, server: StartedServer, started: StartedTarget): ServedUp {
  const served = { log_file: serverLogFile(named.name), ready_after_s: server.readyAfterS, starts: count };
  return {
    server,
    started,
    target: () => ({ ...started.target, served: { ...served, log: server.facts } }),
    session: {
      async runCell(task, hooks, signal) {
        try {
          const result = await started.session.runCell(task, hooks, signal);
          if (endpointFailed(result)) await server.settle();
          return result;
        } catch (error) {
          if (!signal.aborted) await server.settle();
          throw error;
        }
      },
    },
    async close() {
      await closeAll([started.session]);
      await server.stop();
    },
  };
}

/** Holds a server to the lab file, to the suite, and to what it was at its earlier starts. */
function requireAsSaid({ named, before, models }: ServedStart, { server, started }: ServedUp): void {
  const { target } = started;
  requireModel(models, target);
  requireEvenHeads(target.model_card, target.tensor_parallel, named.where);
  const size = server.facts.tensor_parallel;
  if (size !== null && size !== target.tensor_parallel) {
    throw new RidgeError(
      `the server's log says tensor_parallel_size=${size}, the lab file tensor_parallel: ${target.tensor_parallel}`,
      { exitCode: EXIT.failed, where: named.where, mend: 'Put {tensor_parallel} into argv under serve.' },
    );
  }
  const changed = before && judgeEnvironment(environmentOf(before), environmentOf(alike(before, target)));
  if (changed) {
    throw new RidgeError(`environment_changed since its first start in this run: ${changed.message}`, {
      exitCode: EXIT.failed,
      where: target.url,
      mend: 'Start a new run; the finished cells stay here.',
    });
  }
}

/** A server that profiles its memory finds a few KV blocks more or less at each start; that is no other server. */
const CAPACITY_TOLERANCE = 0.02;

function alike(before: RunTarget, now: LiveTarget): LiveTarget {
  const [first, again] = [before, now].map(({ settings }) => settings.kv_capacity_tokens.value);
  if (!first || !again || Math.abs(again / first - 1) > CAPACITY_TOLERANCE) return now;
  return { ...now, settings: { ...now.settings, kv_capacity_tokens: before.settings.kv_capacity_tokens } };
}
