/** The window opens when so much of the target concurrency is in flight. */
const OPENS_AT_SHARE = 0.95;
/** Fewest completed requests of a warm-up, however few streams. */
const FEWEST_REQUESTS = 3;

export interface WarmUpState {
  /** Since the first stream was released, or since a stall made it begin anew. */
  readonly elapsedSeconds: number;
  readonly residenceSeconds: number;
  /** The window opens no earlier, s after load onset. */
  readonly leastSeconds: number;
  /** In that time. */
  readonly completed: number;
  readonly capped: boolean;
}

/** Whether the window may open: a residence has passed and each stream's worth of requests is done, or the cap is reached. */
export function warmUpIsOver(state: WarmUpState, concurrency: number, inFlight: number): boolean {
  if (inFlight < OPENS_AT_SHARE * concurrency) return false;
  const done = state.completed >= Math.max(concurrency, FEWEST_REQUESTS);
  return (
    state.capped || (done && state.elapsedSeconds >= Math.max(state.residenceSeconds, state.leastSeconds))
  );
}

/** Residences after which an open loop holds as many requests as it will: the first has filled it, under the load of then. */
const OPEN_RESIDENCES = 2;

/** Whether the window of an open loop may open: it has filled, and some requests have gone through it. */
export function openWarmUpIsOver(state: WarmUpState): boolean {
  if (state.capped) return true;
  return (
    state.completed >= FEWEST_REQUESTS &&
    state.elapsedSeconds >= Math.max(OPEN_RESIDENCES * state.residenceSeconds, state.leastSeconds)
  );
}
