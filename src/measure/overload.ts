/** What made an open loop count as overloaded, at the moment at which it was ended. */
export interface Overload {
  /** `growing`: requests come faster than they are served. `bound`: more were in flight than the cell may hold. */
  readonly cause: 'growing' | 'bound';
  readonly in_flight: number;
  /** Slope of the requests in flight, 1/s: by how much arrivals exceed what is served. */
  readonly growth_per_s: number;
  /** Requests that ended, over the later half of the cell's time. */
  readonly served_per_s: number;
  /** Since the schedule began. */
  readonly after_s: number;
}
