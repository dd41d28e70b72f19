import { AgentFailure } from './failure.ts';
import type { Command, Reply } from './protocol.ts';

type Answer<Type extends Reply['type']> = Extract<Reply, { type: Type }>;

export interface AskOptions {
  /** Without an answer by then the agent counts as silent. */
  readonly timeoutMs?: number;
  /** Replies on the way to the answer: progress, request timelines. */
  readonly onReply?: (reply: Reply) => void;
  /** Asks the agent to cancel; the answer still comes, within `cancelMs`. */
  readonly signal?: AbortSignal;
  readonly cancelMs?: number;
}

interface Waiting {
  reply(reply: Reply): void;
  fail(failure: AgentFailure): void;
}

/** Questions to an agent and their answers, matched by number. */
export class Conversation {
  readonly #send: (command: Command) => void;
  readonly #giveUp: (what: string) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #failure: AgentFailure | null = null;

  /** @param giveUp called when an answer does not come in time; it must end the agent and call `fail` */
  constructor(send: (command: Command) => void, giveUp: (what: string) => void) {
    this.#send = send;
    this.#giveUp = giveUp;
  }

  /** Sends a command and waits for its answer; `failed` replies and the agent's end reject with an `AgentFailure`. */
  ask<Type extends Reply['type']>(
    command: (id: number) => Command,
    answer: Type,
    options: AskOptions = {},
  ): Promise<Answer<Type>> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#nextId += 1;
    const id = this.#nextId;
    const waiting = Promise.withResolvers<Answer<Type>>();
    const timers: NodeJS.Timeout[] = [];
    const after = (ms: number, what: string): void => {
      timers.push(setTimeout(() => this.#giveUp(what), ms));
    };
    const cancel = (): void => {
      this.#send({ type: 'cancel', id });
      after(options.cancelMs ?? 5_000, 'a cancelled cell did not end');
    };
    this.#waiting.set(id, {
      reply: (reply) => {
        if (reply.type === answer) waiting.resolve(reply as Answer<Type>);
        else if (reply.type === 'failed') waiting.reject(refusal(reply));
        else options.onReply?.(reply);
      },
      fail: waiting.reject,
    });
    if (options.timeoutMs) after(options.timeoutMs, `no '${answer}' within ${options.timeoutMs / 1000} s`);
    options.signal?.addEventListener('abort', cancel, { once: true });
    this.#send(command(id));
    return waiting.promise.finally(() => {
      this.#waiting.delete(id);
      for (const timer of timers) clearTimeout(timer);
      options.signal?.removeEventListener('abort', cancel);
    });
  }

  receive(reply: Reply): void {
    if ('id' in reply) this.#waiting.get(reply.id)?.reply(reply);
  }

  /** The agent is gone: everything that waits, and everything asked later, fails with this. */
  fail(failure: AgentFailure): void {
    this.#failure ??= failure;
    for (const waiting of [...this.#waiting.values()]) waiting.fail(this.#failure);
  }
}

function refusal(reply: Answer<'failed'>): AgentFailure {
  return new AgentFailure('refused', reply.message, {
    ...(reply.where ? { where: reply.where } : {}),
    ...(reply.mend ? { mend: reply.mend } : {}),
    exitCode: reply.exit_code === 2 ? 2 : reply.exit_code === 1 ? 1 : 3,
  });
}
