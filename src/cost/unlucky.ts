import { probit } from 'simple-statistics';
import { decodeStepsSd } from '../roofline/speculation.ts';
import type { Statistic } from './queue.ts';
import type { Served } from './workload.ts';

/**
 * Steps beyond the mean ones of a request whose proposals are accepted so seldom, by a statistic over requests of one length: they
 * are about normal, for they are a sum over many steps.
 * @param tokens that it decodes
 */
export const unluckySteps = (tokens: number, { speculation }: Served, statistic: Statistic): number =>
  statistic === 'mean' || speculation === undefined
    ? 0
    : probit(statistic) * decodeStepsSd(tokens + 1, speculation);
