/** One speed with the limit it is held to. */
export interface SpeedRow {
  readonly name: string;
  readonly value: number;
  readonly unit: 'us' | 'ms' | 's';
  /** At most this. */
  readonly target: number;
}
