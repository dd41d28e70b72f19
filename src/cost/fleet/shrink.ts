import { type FleetPolicy, type FleetQuestion, holds, type Services, type Workers } from './fleet.ts';
import { leastCount } from './least-count.ts';

/** Shrinks the prefill or the decode pool as far as it goes, then the other; in both orders. Empty where nothing holds. */
export function shrunk(
  question: FleetQuestion,
  services: Services,
  most: Workers,
  policy?: FleetPolicy,
): Workers[] {
  const holdsWith = (prefill: number, decode: number): boolean =>
    holds(question, services, { ...most, prefill, decode }, policy === undefined ? {} : { policy });
  const fewPrefill = leastCount(most.prefill, (n) => holdsWith(n, most.decode), most.prefill);
  const fewDecode = leastCount(most.decode, (n) => holdsWith(most.prefill, n), most.decode);
  if (fewPrefill === null || fewDecode === null) return [];
  const decode = leastCount(most.decode, (n) => holdsWith(fewPrefill, n), most.decode)!;
  const prefill = leastCount(most.prefill, (n) => holdsWith(n, fewDecode), most.prefill)!;
  return [
    { ...most, prefill: fewPrefill, decode },
    { ...most, prefill, decode: fewDecode },
  ];
}
