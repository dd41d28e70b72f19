import { createServer, type Server, type Socket } from 'node:net';
import { hostSeconds } from '../host-clock.ts';
import { AnswerText, askedStream, jsonAnswer, STREAM_HEAD } from './answer.ts';
import { NULL_MODEL, type NullServerCounts, type NullServerTiming, type SentResponse } from './options.ts';
import { type PlainRequest, RequestReader } from './request-reader.ts';
import { Ticks } from './ticks.ts';

const STREAMS = new Map([
  ['/v1/completions', false],
  ['/v1/chat/completions', true],
]);
const ANSWERS = new Map<string, unknown>([
  ['/health', {}],
  ['/version', { version: '0.0.0' }],
  ['/v1/models', { object: 'list', data: [{ id: NULL_MODEL, object: 'model', max_model_len: 1_000_000 }] }],
]);

/** What came on a socket, and when. */
interface Read {
  readonly socket: Socket;
  readonly reader: RequestReader;
  readonly bytes: Buffer;
  readonly receivedAt: number;
}

/**
 * An OpenAI-compatible endpoint that computes nothing: it sends tokens at known times and knows when they truly left.
 * Every event is one write straight to its socket (never corked, no HTTP library in between), stamped just before.
 */
export class NullServer {
  readonly #timing: NullServerTiming;
  readonly #ticks: Ticks;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #reads: Read[] = [];
  #log: SentResponse[] = [];
  #requests = 0;
  #tokens = 0;
  #connections = 0;
  #delayedWrites = 0;

  constructor(timing: NullServerTiming) {
    this.#timing = timing;
    this.#ticks = new Ticks(timing.periodMs, timing.release, hostSeconds);
    this.#server = createServer({ noDelay: true }, (socket) => this.#connected(socket));
  }

  /** Listens on a free port of the loopback interface and returns it. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port: 0, backlog: 16_384 }, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  close(): void {
    this.#ticks.stop();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** At most so many of the oldest responses that have ended, which are then forgotten. */
  takeLog(most: number): SentResponse[] {
    return this.#log.splice(0, most);
  }

  get logged(): number {
    return this.#log.length;
  }

  counts(): NullServerCounts {
    const { user, system } = process.cpuUsage();
    return {
      requests: this.#requests,
      tokens: this.#tokens,
      connections: this.#connections,
      delayedWrites: this.#delayedWrites,
      skippedTicks: this.#ticks.skipped,
      cpuSeconds: (user + system) / 1e6,
    };
  }

  #connected(socket: Socket): void {
    this.#connections += 1;
    this.#sockets.add(socket);
    const reader = new RequestReader();
    socket.on('data', (bytes) => this.#arrived({ socket, reader, bytes, receivedAt: hostSeconds() }));
    // A client that goes away is its own business; 'close' follows.
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }

  /** Many requests may come at once: all are stamped before the first is looked at. */
  #arrived(read: Read): void {
    if (this.#reads.push(read) > 1) return;
    setImmediate(() => {
      const reads = this.#reads;
      this.#reads = [];
      for (const { socket, reader, bytes, receivedAt } of reads) {
        try {
          for (const request of reader.feed(bytes)) this.#answer(socket, request, receivedAt);
        } catch (error) {
          socket.end(jsonAnswer('400 Bad Request', { error: { message: (error as Error).message } }));
        }
      }
    });
  }

  #answer(socket: Socket, { method, path, requestId, body }: PlainRequest, receivedAt: number): void {
    const chat = method === 'POST' ? STREAMS.get(path) : undefined;
    if (chat === undefined) {
      const answer = ANSWERS.get(path);
      socket.write(
        answer === undefined
          ? jsonAnswer('404 Not Found', { error: { message: path } })
          : jsonAnswer('200 OK', answer),
      );
      return;
    }
    const asked = askedStream(body);
    if (asked === null || !(asked.tokens >= 1)) throw new Error('only streams of at least one token');
    this.#requests += 1;
    socket.write(STREAM_HEAD, 'latin1');
    this.#stream(
      socket,
      requestId,
      receivedAt,
      asked.tokens,
      new AnswerText(requestId ?? `${this.#requests}`, chat, asked),
    );
  }

  #stream(
    socket: Socket,
    requestId: string | null,
    receivedAt: number,
    tokens: number,
    text: AnswerText,
  ): void {
    const logged = this.#timing.keepLog ? tokens : 0;
    const sentAt = new Float64Array(logged);
    const tookS = new Float32Array(logged);
    let sent = 0;
    const ended = (): void => {
      socket.off('close', ended);
      this.#ticks.remove(stream);
      if (!this.#timing.keepLog) return;
      this.#log.push({
        requestId,
        receivedAt,
        sentAt: sentAt.slice(0, sent),
        tookS: tookS.slice(0, sent),
        complete: sent === tokens,
      });
    };
    const stream = {
      notBefore: receivedAt + this.#timing.firstTokenMs / 1000,
      token: (): boolean => {
        const bytes = text.token(sent + 1);
        const before = hostSeconds();
        socket.write(bytes, 'latin1');
        sentAt[sent] = before;
        tookS[sent] = hostSeconds() - before;
        sent += 1;
        this.#tokens += 1;
        if (socket.writableLength > 0) this.#delayedWrites += 1;
        if (sent < tokens) return true;
        socket.write(text.end(), 'latin1');
        ended();
        return false;
      },
    };
    socket.on('close', ended);
    this.#ticks.add(stream);
  }
}
