import { setTimeout as wait } from 'node:timers/promises';
import { agentCommandLine } from '../agent/command-line.ts';
import {
  type AgentConnection,
  type AgentTimeouts,
  connectAgent,
  type RunCellHooks,
} from '../agent/connection.ts';
import { AgentFailure } from '../agent/failure.ts';
import type { CellResult, CellTask, Identity } from '../agent/protocol.ts';
import { readLabPrompts } from '../suite/lab-prompts.ts';
import type { NamedTarget } from '../suite/targets.ts';
import type { IdlePower } from './energy-schema.ts';
import { powerTaskOf, prefillPowerTaskOf } from './power-task.ts';

export interface SessionHooks {
  warning(message: string): void;
  restarting(message: string): void;
  /** Called on every new process before its first cell; throws when the endpoint is not the same any more. */
  recheck(identity: Identity, connection: AgentConnection): Promise<void>;
}

/** Waits before the next start, s; after the last one the target is given up. */
const BACKOFF_S = [0.5, 2, 8, 30];

function nullIfFailed(error: unknown): null {
  if (error instanceof AgentFailure) return null;
  throw error;
}

/** One target's agent over a run: started once, started again with growing waits when it dies. */
export class AgentSession {
  readonly target: NamedTarget;
  readonly #apiKey: string | null;
  readonly #hooks: SessionHooks;
  readonly #timeouts: Partial<AgentTimeouts> | undefined;
  #connection: AgentConnection | null = null;
  #restarts = 0;

  constructor(
    target: NamedTarget,
    apiKey: string | null,
    hooks: SessionHooks,
    timeouts?: Partial<AgentTimeouts>,
  ) {
    this.target = target;
    this.#apiKey = apiKey;
    this.#hooks = hooks;
    this.#timeouts = timeouts;
  }

  /** Starts the agent and asks what the endpoint is. */
  async start(): Promise<{ identity: Identity; connection: AgentConnection }> {
    const { definition } = this.target;
    const own = definition.prompts === undefined ? null : await readLabPrompts(definition.prompts);
    const prefillPower = prefillPowerTaskOf(definition);
    const connection = await connectAgent({
      argv: agentCommandLine(definition),
      target: {
        url: definition.url,
        model: definition.model ?? null,
        api_key: this.#apiKey,
        api_key_env: definition.api_key_env ?? null,
        power: powerTaskOf(definition),
        ...(definition.prefill && { prefill: definition.prefill }),
        ...(prefillPower && { prefill_power: prefillPower }),
        ...(definition.api && { api: definition.api }),
        ...(own && { prompts: own.prompts }),
      },
      timeouts: this.#timeouts,
      warning: this.#hooks.warning,
    });
    this.#connection = connection;
    return { identity: await connection.identify(), connection };
  }

  /** What the endpoint is now; null when the agent is gone or gets no answer. */
  async identifyAgain(): Promise<{ identity: Identity; connection: AgentConnection } | null> {
    const connection = this.#connection;
    if (connection === null) return null;
    const identity = await connection.identify().catch((error) => {
      if (error instanceof AgentFailure) return null;
      throw error;
    });
    return identity && { identity, connection };
  }

  /** Measures a cell, on a new process where the last one died. A failure of this cell is thrown; the next call restarts. */
  async runCell(task: CellTask, hooks: RunCellHooks, signal: AbortSignal): Promise<CellResult> {
    const connection = this.#connection ?? (await this.#restart(signal));
    try {
      const result = await connection.runCell(task, hooks, signal);
      this.#restarts = 0;
      return result;
    } catch (error) {
      if (error instanceof AgentFailure && error.restartable) this.#connection = null;
      throw error;
    }
  }

  /** Power without a request; null where the agent is gone. */
  async measureIdle(seconds: number, signal: AbortSignal): Promise<IdlePower | null> {
    const asked = this.#connection?.measureIdle(seconds, signal);
    // An agent that dies meanwhile is started again with the next cell.
    return (await asked?.catch(nullIfFailed)) ?? null;
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#connection = null;
  }

  async #restart(signal: AbortSignal): Promise<AgentConnection> {
    for (;;) {
      const seconds = BACKOFF_S[this.#restarts];
      if (seconds === undefined) {
        throw new AgentFailure('given_up', `agent died ${BACKOFF_S.length} times in a row; given up`);
      }
      this.#restarts += 1;
      this.#hooks.restarting(
        `starting the agent again in ${seconds} s (${this.#restarts} of ${BACKOFF_S.length})`,
      );
      await wait(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
      try {
        const { identity, connection } = await this.start();
        await this.#hooks.recheck(identity, connection);
        return connection;
      } catch (error) {
        await this.close();
        const again = error instanceof AgentFailure && (error.restartable || error.kind === 'not_started');
        if (!again) throw error;
        this.#hooks.warning(error.message);
      }
    }
  }
}
