/** The window opens when so much of the target concurrency is in flight. */
const OPENS_AT_SHARE = 0.95;
/** Fewest completed requests of a warm-up, however few streams. */
const FEWEST_REQUESTS = 3;

export interface WarmUpState {
  readonly concurrency: number;
  /** Since the first stream was released. */
  readonly elapsedSeconds: number;
  readonly residenceSeconds: number;
  readonly completed: number;
  readonly inFlight: number;
  readonly capped: boolean;
}

/** Whether the window may open: a residence has passed and each stream's worth of requests is done, or the cap is reached. */
export function warmUpIsOver(state: WarmUpState): boolean {
  if (state.inFlight < OPENS_AT_SHARE * state.concurrency) return false;
  const done = state.completed >= Math.max(state.concurrency, FEWEST_REQUESTS);
  return state.capped || (done && state.elapsedSeconds >= state.residenceSeconds);
}
