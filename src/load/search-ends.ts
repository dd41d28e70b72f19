/** Why a search is over. `bracketed`: both sides of the limit are known to the tolerance. */
export const SEARCH_ENDS = [
  'bracketed',
  'none_met',
  'all_met',
  'few_samples',
  'unusable',
  'not_measured',
] as const;
export type SearchEnd = (typeof SEARCH_ENDS)[number];
