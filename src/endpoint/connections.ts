import { Connection, type ConnectionContext } from './connection.ts';

/** Servers close idle connections after 5 s (vLLM's default): a request on one that is about to close would be lost. */
const LONGEST_IDLE_S = 4;

/**
 * Keep-alive connections to one origin, one a request in flight and as many as the load wants. A connection is free again
 * in the instant its answer ends, so that the next request of a stream takes it.
 */
export class Connections {
  readonly #context: ConnectionContext;
  readonly #all = new Set<Connection>();
  #free: Connection[] = [];

  constructor(context: Omit<ConnectionContext, 'gone'>) {
    this.#context = { ...context, gone: (connection) => this.#all.delete(connection) };
  }

  take(): Connection {
    const oldest = this.#context.clock.now() - LONGEST_IDLE_S;
    for (let free = this.#free.pop(); free !== undefined; free = this.#free.pop()) {
      if (free.reusable && free.idleSince > oldest) return free;
      this.drop(free);
    }
    const connection = new Connection(this.#context);
    this.#all.add(connection);
    return connection;
  }

  /** The request on it is over; another can have it. */
  release(connection: Connection): void {
    if (connection.reusable) this.#free.push(connection);
    else this.drop(connection);
  }

  /** A connection with an answer still on its way is of no use to the next request. */
  drop(connection: Connection): void {
    this.#all.delete(connection);
    connection.destroy();
  }

  close(): void {
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
    this.#free = [];
  }
}
