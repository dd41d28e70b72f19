/** One request as a null server needs it. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly requestId: string | null;
  readonly body: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LONGEST_BYTES = 64 * 1024 * 1024;

/** Puts requests together from what a socket gives; bodies with a content-length only, as the clients measured send them. */
export class RequestReader {
  #pending: Buffer[] = [];
  #bytes = 0;
  #needed = 0;

  /** The requests that are complete with these bytes. Throws on what is not such a request. */
  feed(bytes: Buffer): PlainRequest[] {
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes > LONGEST_BYTES) throw new Error('a request that is too long');
    const requests: PlainRequest[] = [];
    while (this.#bytes > 0 && this.#bytes >= this.#needed) {
      const request = this.#take();
      if (request === null) break;
      requests.push(request);
    }
    return requests;
  }

  #take(): PlainRequest | null {
    const all = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
    this.#pending = [all];
    const headEnd = all.indexOf(HEAD_END);
    if (headEnd < 0) return null;
    const head = all.toString('latin1', 0, headEnd);
    if (/^transfer-encoding:/im.test(head)) throw new Error('a request body without a content-length');
    const bodyBegin = headEnd + HEAD_END.length;
    this.#needed = bodyBegin + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (all.length < this.#needed) return null;
    const body = all.toString('utf8', bodyBegin, this.#needed);
    const rest = all.subarray(this.#needed);
    this.#pending = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    this.#needed = 0;
    const [method = '', path = ''] = head.split(' ', 2);
    return { method, path, requestId: /^x-request-id: *(\S+)/im.exec(head)?.[1] ?? null, body };
  }
}
