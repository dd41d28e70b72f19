/** Half-open interval of time, seconds from the cell's origin. */
export interface TimeSpan {
  readonly opened_s: number;
  readonly closed_s: number;
}
