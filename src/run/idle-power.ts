import { IDLE_S } from '../suite/power-schema.ts';
import type { AgentSession } from './agent-session.ts';
import type { RunListener } from './event-bus.ts';
import type { LiveTarget } from './schema.ts';
import type { RunStore } from './store.ts';

interface IdleContext {
  readonly store: Pick<RunStore, 'appendIdlePower'>;
  readonly signal: AbortSignal;
  readonly emit: RunListener;
}

/**
 * Measures a target's power without a request and keeps it in the run's record.
 * @returns W of all its devices together; null where no power is read, or it could not be told (which is warned of)
 */
export async function measureIdlePower(
  { target, session }: { readonly target: LiveTarget; readonly session: AgentSession },
  place: 'before' | 'after',
  { store, signal, emit }: IdleContext,
): Promise<number | null> {
  const seconds = target.definition.power?.idle_s ?? IDLE_S;
  if (!target.power || seconds === 0) return null;
  const { name } = target;
  emit({ kind: 'target_state', target: name, state: 'measuring', message: `idle power, ${seconds} s` });
  const idle = await session.measureIdle(seconds, signal);
  signal.throwIfAborted();
  if (idle === null) return null;
  await store.appendIdlePower({ target: name, place, at: new Date().toISOString(), ...idle });
  if (idle.power_w === null) {
    emit({ kind: 'warning', target: name, message: `idle power is not known: ${idle.message}` });
  }
  return idle.power_w;
}
