import type { AgentTimeouts } from '../agent/connection.ts';
import { AgentFailure } from '../agent/failure.ts';
import type { Reason } from '../measure/reasons.ts';
import { judgeEnvironment } from '../measure/verdict.ts';
import { apiKeyOf, type NamedTarget } from '../suite/targets.ts';
import { AgentSession } from './agent-session.ts';
import { describeTarget, environmentOf } from './describe-target.ts';
import type { RunListener } from './event-bus.ts';
import type { LiveTarget, LogFacts } from './schema.ts';

/** A target that answered: who it is, and the agent that drives it. */
export interface StartedTarget {
  readonly target: LiveTarget;
  readonly session: AgentSession;
  /** Asks the endpoint again: what changed since the start, null when nothing did or it does not answer any more. */
  changed(): Promise<Reason | null>;
}

/** Closes agents; never fails. */
export const closeAll = async (sessions: readonly AgentSession[]): Promise<void> => {
  await Promise.all(sessions.map((session) => session.close()));
};

/**
 * Starts every target's agent at the same time and asks what its endpoint is. When one fails, all are ended.
 * @param log what their server's log says, where the run started it
 * @throws RidgeError of the first target that failed
 */
export async function startTargets(
  targets: readonly NamedTarget[],
  emit: RunListener,
  timeouts?: Partial<AgentTimeouts>,
  log: LogFacts | null = null,
): Promise<StartedTarget[]> {
  const keys = targets.map((target) => apiKeyOf(target));
  const sessions: AgentSession[] = [];
  const starts = targets.map(async (named, index): Promise<StartedTarget> => {
    const state = (state: 'starting' | 'ready' | 'restarting', message: string | null = null): void =>
      emit({ kind: 'target_state', target: named.name, state, message });
    let first: LiveTarget | null = null;
    const session = new AgentSession(
      named,
      keys[index]!,
      {
        warning: (message) => emit({ kind: 'warning', target: named.name, message }),
        restarting: (message) => state('restarting', message),
        recheck: async (identity, connection) => {
          const now = await describeTarget(named, identity, connection.host, log);
          requireSameEnvironment(first!, now);
        },
      },
      timeouts,
    );
    sessions.push(session);
    state('starting');
    const { identity, connection } = await session.start();
    first = await describeTarget(named, identity, connection.host, log);
    state('ready');
    const began = first;
    const changed = async (): Promise<Reason | null> => {
      const again = await session.identifyAgain();
      if (again === null) return null;
      const now = await describeTarget(named, again.identity, again.connection.host, log);
      return judgeEnvironment(environmentOf(began), environmentOf(now));
    };
    return { target: began, session, changed };
  });
  const settled = await Promise.allSettled(starts);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed) {
    await closeAll(sessions);
    throw failed.reason;
  }
  return settled.map((one) => (one as PromiseFulfilledResult<StartedTarget>).value);
}

function requireSameEnvironment(first: LiveTarget, now: LiveTarget): void {
  const changed = judgeEnvironment(environmentOf(first), environmentOf(now));
  if (!changed) return;
  throw new AgentFailure('changed', `environment_changed while the run went on: ${changed.message}`, {
    where: now.url,
    mend: 'Start a new run against the changed server.',
  });
}
