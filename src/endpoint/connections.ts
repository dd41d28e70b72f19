import { Client } from 'undici';

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Keep-alive HTTP/1.1 connections to one origin, one a request in flight and as many as the load wants. A connection is
 * free again in the instant its request ends, so that the next request of a stream takes it; undici's own pool would
 * open a second one, since it counts a connection as busy for one more turn of the event loop.
 */
export class Connections {
  readonly #origin: string;
  readonly #all = new Set<Client>();
  readonly #free: Client[] = [];

  constructor(origin: string) {
    this.#origin = origin;
  }

  take(): Client {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const client = new Client(this.#origin, {
      allowH2: false,
      pipelining: 1,
      // Every request has its own timer; these would only end long prefills early.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: CONNECT_TIMEOUT_MS, noDelay: true },
    });
    this.#all.add(client);
    return client;
  }

  /** The request on it is over; a connection that broke is opened again when it is next taken. */
  release(client: Client): void {
    this.#free.push(client);
  }

  /** A connection with an answer still on its way is of no use to the next request. */
  drop(client: Client): void {
    this.#all.delete(client);
    // Nothing can be done about an error of a connection that is thrown away.
    client.destroy().catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((client) => client.destroy()));
  }
}
