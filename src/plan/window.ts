/**
 * Over a window in which n requests are sent, L and λW differ by chance: each of the window's ends cuts the C requests in flight,
 * each at a uniform place of its stay, which is a variance of C/12; an open loop's number in flight varies as well, by C times
 * the squared variation of its gaps, half a stay each.
 * @param gapVariation variance of the gaps between arrivals over their squared mean; 0: a closed loop, or constant arrivals
 * @returns standard deviation as a share of L
 */
export function littlesLawSd(inFlight: number, requests: number, gapVariation = 0): number {
  return cutRequestsSd(inFlight, gapVariation) / requests;
}

const cutRequestsSd = (inFlight: number, gapVariation: number): number =>
  Math.sqrt(2 * inFlight * (1 / 12 + gapVariation / 4));

/** Little's law is judged at max(5 %, 2/n) of L; chance must stay below half of that. */
const LITTLE_SHARE = 0.05;
const LITTLE_REQUESTS = 2;
const CHANCE_SHARE = 0.5;

/** Requests that a window must see sent before Little's law can tell a lost request from chance; 0 for few in flight. */
export function requestsForLittlesLaw(inFlight: number, gapVariation = 0): number {
  const sd = cutRequestsSd(inFlight, gapVariation);
  return sd <= CHANCE_SHARE * LITTLE_REQUESTS ? 0 : Math.ceil(sd / (CHANCE_SHARE * LITTLE_SHARE));
}
