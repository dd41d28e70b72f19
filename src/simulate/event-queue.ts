interface Event {
  readonly time: number;
  readonly order: number;
  wake: (() => void) | null;
}

/** Events by time, first in first out among equal times: a binary heap. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #order = 0;

  /** @returns cancels the event */
  add(time: number, wake: () => void): () => void {
    const event: Event = { time, order: this.#order++, wake };
    this.#heap.push(event);
    this.#up(this.#heap.length - 1);
    return () => {
      event.wake = null;
    };
  }

  /** Time of the next event that was not cancelled; Infinity when there is none. */
  nextTime(): number {
    while (this.#heap.length > 0 && this.#heap[0]!.wake === null) this.#removeFirst();
    return this.#heap[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  /** Runs the next event. */
  runNext(): void {
    const wake = this.#heap[0]?.wake;
    this.#removeFirst();
    wake?.();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#down(0);
  }

  #up(from: number): void {
    const heap = this.#heap;
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(heap[child]!, heap[parent]!)) return;
      [heap[child], heap[parent]] = [heap[parent]!, heap[child]!];
      child = parent;
    }
  }

  #down(from: number): void {
    const heap = this.#heap;
    let parent = from;
    for (;;) {
      let first = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        if (child < heap.length && before(heap[child]!, heap[first]!)) first = child;
      }
      if (first === parent) return;
      [heap[first], heap[parent]] = [heap[parent]!, heap[first]!];
      parent = first;
    }
  }
}

const before = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order);
