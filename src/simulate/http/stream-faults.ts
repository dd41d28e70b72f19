import type { ServerResponse } from 'node:http';
import type { FaultKind } from '../faults.ts';
import type { EventWire } from './event-wire.ts';

/** What the faults of one stream act on. */
export interface Sabotaged {
  readonly wire: EventWire;
  readonly response: ServerResponse;
  readonly faults: ReadonlySet<FaultKind>;
  exit(): void;
  /** A chunk with the next token, of a stream that has no end. */
  nextChunk(): string;
}

const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy();

/** An error as vLLM sends it inside a stream. */
const ENGINE_ERROR = JSON.stringify({
  error: { message: 'the engine failed (asked for)', type: 'InternalServerError', param: null, code: 500 },
});
/** What vLLM sends in place of a chunk when its engine has died. */
const ENGINE_DEATH = JSON.stringify({ detail: 'EngineDeadError (asked for)' });

/** Before the first token. @returns whether the stream stays silent from here on */
export function strikeAtHeaders({ wire, response, faults }: Sabotaged): boolean {
  if (faults.has('reset-after-headers')) {
    // In its own turn, or the headers would never leave.
    setImmediate(reset, response);
    return true;
  }
  if (faults.has('endless-event')) {
    pour(wire, response);
    return true;
  }
  return faults.has('stall-before-first-token');
}

/** Half way through. @returns whether the stream is over */
export function strikeHalfWay({ wire, response, faults, exit }: Sabotaged): boolean {
  if (faults.has('engine-death-after')) {
    wire.event(ENGINE_DEATH, exit);
    return true;
  }
  if (faults.has('exit-after')) exit();
  if (faults.has('garbage')) wire.event('{"id": "cmpl-');
  if (faults.has('error-in-stream')) {
    wire.event(ENGINE_ERROR);
    wire.event('[DONE]');
    wire.end();
    return true;
  }
  if (faults.has('no-choices')) {
    wire.event(ENGINE_DEATH);
    wire.end();
    return true;
  }
  if (faults.has('truncated-event')) wire.raw('data: {"id":"cmpl-');
  if (faults.has('truncated') || faults.has('truncated-event')) {
    wire.end();
    return true;
  }
  if (faults.has('reset-mid-stream')) {
    reset(response);
    return true;
  }
  return faults.has('stall-mid-stream');
}

/** After the last token, before usage. @returns whether the stream is over */
export function strikeAfterLastToken(sabotaged: Sabotaged): boolean {
  const { response, faults } = sabotaged;
  if (faults.has('reset-after-last-token')) {
    setImmediate(reset, response);
    return true;
  }
  if (faults.has('endless')) {
    goOn(sabotaged);
    return true;
  }
  return false;
}

/** As far as an answer in one piece can have them. @returns whether the answer is over */
export function strikeWhole({
  response,
  faults,
  exit,
}: Pick<Sabotaged, 'response' | 'faults' | 'exit'>): boolean {
  if (faults.has('exit-after') || faults.has('engine-death-after')) exit();
  if (faults.has('garbage') || faults.has('truncated-event')) response.end('{"id": "cmpl-');
  else if (faults.has('error-in-stream')) response.end(ENGINE_ERROR);
  else if (faults.has('truncated')) response.end('');
  else if (faults.has('reset-mid-stream')) reset(response);
  else return faults.has('stall-mid-stream');
  return true;
}

const ENDLESS_PACE_MS = 2;

function goOn({ wire, response, nextChunk }: Sabotaged): void {
  const timer = setInterval(() => wire.event(nextChunk()), ENDLESS_PACE_MS);
  response.once('close', () => clearInterval(timer));
}

/** One line that never ends, as fast as the client takes it. */
function pour(wire: EventWire, response: ServerResponse): void {
  const piece = 'x'.repeat(64 * 1024);
  wire.raw('data: ');
  const timer = setInterval(() => {
    if (!response.writableNeedDrain) wire.raw(piece);
  }, 1);
  response.once('close', () => clearInterval(timer));
}
