import type { ServerResponse } from 'node:http';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { FaultKind } from '../faults.ts';

type Done = () => void;

/** The event stream of one answer on its socket: one write an event, unless a fault changes how the bytes leave. */
export class EventWire {
  readonly #response: ServerResponse;
  readonly #faults: ReadonlySet<FaultKind>;
  readonly #gzip: Gzip | null;
  #events = 0;

  constructor(response: ServerResponse, faults: ReadonlySet<FaultKind>) {
    this.#response = response;
    this.#faults = faults;
    this.#gzip = faults.has('gzip') ? createGzip() : null;
    this.#gzip?.pipe(response);
  }

  /** Sends the headers; they leave before the first token, as vLLM's do. */
  begin(): void {
    const type = this.#faults.has('wrong-content-type')
      ? 'application/json'
      : 'text/event-stream; charset=utf-8';
    this.#response.writeHead(200, {
      'content-type': type,
      ...(this.#gzip && { 'content-encoding': 'gzip' }),
    });
    this.#response.flushHeaders();
  }

  /** @param done called when the event was handed to the kernel */
  event(data: string, done: Done = () => {}): void {
    this.#events += 1;
    this.#write(this.#parts(data), done);
  }

  /** Bytes that are no event, as they are. */
  raw(text: string): void {
    this.#write([Buffer.from(text)], () => {});
  }

  end(): void {
    if (this.#gzip) this.#gzip.end();
    else this.#response.end();
  }

  #parts(data: string): Buffer[] {
    const faults = this.#faults;
    let event = `data: ${data}\n\n`;
    if (faults.has('comments')) event = `: keep-alive\n\nid: ${this.#events}\n${event}\n`;
    if (faults.has('crlf')) event = event.replaceAll('\n', '\r\n');
    if (faults.has('split-utf8')) return splitInsideCharacters(event);
    const bytes = Buffer.from(event);
    return faults.has('split-events') ? Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)) : [bytes];
  }

  #write(parts: readonly Buffer[], done: Done): void {
    const stream = this.#gzip ?? this.#response;
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) stream.write(part, done);
      else stream.write(part);
    }
    this.#gzip?.flush(constants.Z_SYNC_FLUSH);
  }
}

/** The event with characters of three and four bytes in its text, cut inside each of them. */
function splitInsideCharacters(event: string): Buffer[] {
  const bytes = Buffer.from(event.replace(/"(text|content)":"/, '$&漢😀'));
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 1; at < bytes.length; at += 1) {
    const continues = (bytes[at]! & 0b1100_0000) === 0b1000_0000;
    if (!continues) continue;
    parts.push(bytes.subarray(from, at));
    from = at;
  }
  return [...parts, bytes.subarray(from)];
}
