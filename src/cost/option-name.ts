import type { SearchedOption } from './search.ts';

/** `h100-sxm::gaudi3` of a pair, `h100-sxm` of aggregated serving. */
export const optionName = (option: SearchedOption, labels: readonly string[]): string =>
  option.kind === 'pair' ? `${labels[option.prefill]}::${labels[option.decode]}` : `${labels[option.device]}`;
