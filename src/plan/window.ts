/**
 * Over a window in which n requests are sent by C streams in random phase, L and λW differ by chance with a standard
 * deviation of 0.41·√C/n of L: the window's ends cut 2·C requests, each at a uniform place of its stay.
 */
const CUT_REQUESTS_SD = 0.41;
/** Little's law is judged at max(5 %, 2/n) of L; chance must stay below half of that. */
const LITTLE_SHARE = 0.05;
const LITTLE_REQUESTS = 2;
const CHANCE_SHARE = 0.5;

/** Requests that a window must see sent before Little's law can tell a lost request from chance; 0 for few streams. */
export function requestsForLittlesLaw(concurrency: number): number {
  const sd = CUT_REQUESTS_SD * Math.sqrt(concurrency);
  return sd <= CHANCE_SHARE * LITTLE_REQUESTS ? 0 : Math.ceil(sd / (CHANCE_SHARE * LITTLE_SHARE));
}
