/** Hours of a twelfth of a year of 365 days, as rates per hour are quoted. */
export const HOURS_PER_MONTH = 730;
export const HOURS_PER_YEAR = 8760;

/**
 * Monthly payment that pays a price back with interest: p·i/(1 − (1+i)^−n); p/n without interest.
 * @param price currency units
 * @param yearlyInterest nominal, compounded monthly (0.08 is 8 % a year)
 * @param years above 0
 * @returns currency units a month
 */
export function monthlyPayment(price: number, yearlyInterest: number, years: number): number {
  const months = 12 * years;
  const rate = yearlyInterest / 12;
  return rate === 0 ? price / months : (price * rate) / -Math.expm1(-months * Math.log1p(rate));
}

/** What a sum due in `years` is worth now, at the same interest. */
export const presentValue = (sum: number, yearlyInterest: number, years: number): number =>
  sum * (1 + yearlyInterest / 12) ** (-12 * years);
