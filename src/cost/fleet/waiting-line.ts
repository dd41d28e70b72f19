/** First come, first served; takes from the front without moving the rest. */
export class WaitingLine {
  #items: number[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Of a line that is not empty. */
  get first(): number {
    return this.#items[this.#head]!;
  }

  push(item: number): void {
    this.#items.push(item);
  }

  shift(): number {
    const first = this.#items[this.#head]!;
    this.#head += 1;
    if (this.#head > 1024 && 2 * this.#head > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
