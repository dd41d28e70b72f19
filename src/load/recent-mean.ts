/** Mean of the last `size` values, each at the same cost. */
export class RecentMean {
  readonly #values: number[] = [];
  readonly #size: number;
  #next = 0;
  #sum = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): void {
    this.#sum += value - (this.#values[this.#next] ?? 0);
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** Null before the first value. */
  mean(): number | null {
    return this.#values.length === 0 ? null : this.#sum / this.#values.length;
  }
}
