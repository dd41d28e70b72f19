/**
 * What a simulated engine did: its steps (a stretch of pure decode steps is one event) and, for every measured request, the
 * events that it waited for. Times are not in it but for the gaps, so that it can be priced for another device.
 */
export interface Schedule {
  /** Columns over events. */
  readonly tokens: Float64Array;
  readonly sampled: Float64Array;
  readonly sequences: Float64Array;
  readonly attentionFlop: Float64Array;
  readonly attentionBytes: Float64Array;
  /** Engine steps of an event; 0 where the engine was idle. */
  readonly steps: Float64Array;
  /** Seconds that the engine was idle, for idle events. */
  readonly idleSeconds: Float64Array;
  /** Decoding sequences, and their mean KV length over the event; 0 without any. */
  readonly decodes: Float64Array;
  readonly decodeContext: Float64Array;
  /** Measured requests: sent when this many events were over, plus `sentOffset` seconds. */
  readonly sentEvent: Int32Array;
  readonly sentOffset: Float64Array;
  /** Event in which the first token came, and the last one. */
  readonly firstEvent: Int32Array;
  readonly lastEvent: Int32Array;
  readonly outputTokens: Int32Array;
  /** When measured requests lost their place in the batch. */
  readonly pauses: readonly Pause[];
  readonly preemptions: number;
  /** Seconds between a finished request and the next one of its stream, at the client. */
  readonly turnAroundSeconds: number;
  /** Seconds between sending and arriving at the engine that the schedule was made with. */
  readonly arrivalSeconds: number;
  readonly streams: number;
}

/** A request was preempted between two of its tokens: it did not decode in these events, and has the next token at their end. */
export interface Pause {
  /** Its place among the measured requests. */
  readonly request: number;
  readonly firstEvent: number;
  readonly lastEvent: number;
}

/** Grows the columns of a schedule. */
export class ScheduleRecorder {
  readonly #events: number[][] = [[], [], [], [], [], [], [], [], []];

  get events(): number {
    return this.#events[0]!.length;
  }

  /** @param context mean KV length of the `decodes` decoding sequences */
  step(
    tokens: number,
    sampled: number,
    sequences: number,
    flop: number,
    bytes: number,
    steps: number,
    decodes: number,
    context: number,
  ): void {
    const [a, b, c, d, e, f, g, h, i] = this.#events;
    a!.push(tokens);
    b!.push(sampled);
    c!.push(sequences);
    d!.push(flop);
    e!.push(bytes);
    f!.push(steps);
    g!.push(0);
    h!.push(decodes);
    i!.push(context);
  }

  idle(seconds: number): void {
    this.step(0, 0, 0, 0, 0, 0, 0, 0);
    this.#events[6]![this.events - 1] = seconds;
  }

  columns(): Pick<
    Schedule,
    | 'tokens'
    | 'sampled'
    | 'sequences'
    | 'attentionFlop'
    | 'attentionBytes'
    | 'steps'
    | 'idleSeconds'
    | 'decodes'
    | 'decodeContext'
  > {
    const columns = this.#events.map((values) => Float64Array.from(values));
    const [tokens, sampled, sequences, attentionFlop, attentionBytes, steps, idleSeconds] = columns;
    const [decodes, decodeContext] = columns.slice(7);
    return {
      tokens: tokens!,
      sampled: sampled!,
      sequences: sequences!,
      attentionFlop: attentionFlop!,
      attentionBytes: attentionBytes!,
      steps: steps!,
      idleSeconds: idleSeconds!,
      decodes: decodes!,
      decodeContext: decodeContext!,
    };
  }
}
