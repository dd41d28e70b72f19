import type { RowPart, WithParts } from './row-part.ts';

/** How far one input moves the benefit of a row over the baseline, plans kept. */
export interface Sensitivity {
  readonly input: string;
  /** Factors on the input. */
  readonly factors: readonly [number, number];
  /** Benefit at either. */
  readonly benefit: readonly [number, number];
}

/** Cost of an hour of a part's device, and its device-seconds, after a change. */
type Change = (part: RowPart, factor: number) => { readonly seconds: number; readonly hourly: number };

const same = ({ device_seconds, cost }: RowPart) => ({ seconds: device_seconds, hourly: cost.usd_per_h });

const costOf = ({ parts }: WithParts, change: Change, factor: number): number =>
  parts.reduce((sum, part) => {
    const { seconds, hourly } = change(part, factor);
    return sum + (seconds * hourly) / 3600;
  }, 0);

const HALF_AND_TWICE = [0.5, 2] as const;
const FIFTH = [0.8, 1.25] as const;

const tariff: Change = (part, factor) => ({
  ...same(part),
  hourly: part.cost.usd_per_h + (factor - 1) * part.cost.components.electricity,
});
const priceOf =
  (device: string): Change =>
  (part, factor) => {
    const { usd_per_h, usd_per_h_per_usd, price_usd } = part.cost;
    if (part.device !== device) return same(part);
    // Where the price is not apart, the whole of the hourly cost moves.
    const moving =
      usd_per_h_per_usd === null || price_usd === null ? usd_per_h : usd_per_h_per_usd * price_usd;
    return { ...same(part), hourly: usd_per_h + (factor - 1) * moving };
  };
const speedOf =
  (device: string, role: RowPart['role']): Change =>
  (part, factor) =>
    part.device === device && part.role === role
      ? { ...same(part), seconds: part.device_seconds / factor }
      : same(part);

/**
 * What moves the benefit of a row: the tariff and each device's price halved and doubled, each phase's speed a fifth lower and a
 * quarter higher. A device that stands on both sides moves both. The widest first.
 */
export function sensitivities(row: WithParts, baseline: WithParts): Sensitivity[] {
  const devices = [...new Set([...row.parts, ...baseline.parts].map(({ device }) => device))];
  const phases = [...row.parts, ...baseline.parts].filter(
    (part, index, all) =>
      all.findIndex(({ device, role }) => device === part.device && role === part.role) === index,
  );
  const apart = row.parts.some(({ cost }) => cost.components.electricity > 0);
  const asked: readonly (readonly [string, Change, readonly [number, number]])[] = [
    ...(apart ? [['tariff', tariff, HALF_AND_TWICE] as const] : []),
    ...devices.map((device) => [`price of ${device}`, priceOf(device), HALF_AND_TWICE] as const),
    ...phases.map(
      ({ device, role }) =>
        [`${role === 'both' ? 'serving' : role} speed of ${device}`, speedOf(device, role), FIFTH] as const,
    ),
  ];
  const benefit = (change: Change, factor: number): number =>
    costOf(baseline, change, factor) / costOf(row, change, factor);
  return asked
    .map(([input, change, factors]): Sensitivity => {
      const [low, high] = factors;
      return { input, factors, benefit: [benefit(change, low), benefit(change, high)] };
    })
    .sort((a, b) => width(b) - width(a));
}

const width = ({ benefit: [a, b] }: Sensitivity): number => Math.abs(Math.log(a / b));
