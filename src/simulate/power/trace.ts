/** Finished steps that a trace keeps: minutes of them, more than any sensor looks back. */
const KEPT_STEPS = 1 << 18;

/** A device's true power: idle, and through every step one constant power. Seconds are the simulator's own clock. */
export class PowerTrace {
  readonly #idle: number;
  readonly #begins: number[] = [];
  readonly #ends: number[] = [];
  readonly #watts: number[] = [];
  /** Energy above idle of all steps up to the one at the same index, J. */
  readonly #above: number[] = [];
  #total = 0;
  #dropped = 0;
  /** Begin of the very first step. */
  #origin = Number.POSITIVE_INFINITY;

  constructor(idlePowerWatts: number) {
    this.#idle = idlePowerWatts;
  }

  /** A step that was planned. Steps come in order and do not overlap. */
  add(begin: number, end: number, watts: number): void {
    this.#origin = Math.min(this.#origin, begin);
    this.#begins.push(begin);
    this.#ends.push(end);
    this.#watts.push(watts);
    this.#total += (watts - this.#idle) * (end - begin);
    this.#above.push(this.#total);
    if (this.#begins.length > 2 * KEPT_STEPS) this.#forget();
  }

  /** True energy between two instants, J. Steps that are kept no more count as one, just before the oldest that is. */
  energy(from: number, to: number): number {
    return this.#idle * (to - from) + this.#aboveUntil(to) - this.#aboveUntil(from);
  }

  mean(from: number, to: number): number {
    return this.energy(from, to) / (to - from);
  }

  /** Energy above idle up to an instant, J: whole steps, and the part of one that runs. */
  #aboveUntil(at: number): number {
    if (at <= this.#origin) return 0;
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    const whole = low === 0 ? this.#dropped : this.#above[low - 1]!;
    const begun = low < this.#begins.length ? Math.max(0, at - this.#begins[low]!) : 0;
    return whole + begun * ((this.#watts[low] ?? this.#idle) - this.#idle);
  }

  #forget(): void {
    const extra = this.#begins.length - KEPT_STEPS;
    this.#dropped = this.#above[extra - 1]!;
    for (const column of [this.#begins, this.#ends, this.#watts, this.#above]) column.splice(0, extra);
  }
}
