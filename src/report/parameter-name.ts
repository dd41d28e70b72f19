/** A parameter's name without its unit, for tables and sentences that give shares of it. */
export const withoutUnit = (name: string): string => name.replace(/_(flop_per_s|bytes_per_s|s)$/, '');
