/** The mean of one metric over a cell, in seconds, and how well it was measured. */
export interface Measured {
  readonly seconds: number;
  /** Standard error of the mean relative to the mean. */
  readonly relative_error: number;
}
