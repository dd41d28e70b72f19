import { adviceFor, PRIOR_SHARE } from '../identifiability.ts';
import type { Asked, OpenQuestion } from './open-question.ts';
import { unseenWork } from './unseen-work.ts';

/**
 * What cells that were fitted by their steps cannot tell, from what the steps held: sizes, lengths and precisions that never
 * occurred, facts that only the server's word stands for, and parameters that go together.
 */
export const openQuestions = (asked: Asked): OpenQuestion[] =>
  [links, precision, unseenWork, requestOverhead, weakParameters, confounded, check].flatMap((question) =>
    question(asked),
  );

function links({ observations }: Asked): OpenQuestion[] {
  const [size, ...others] = new Set(observations.map(({ engine }) => engine.tensorParallel));
  if (others.length > 0) return [];
  const alone = size === 1;
  return [
    {
      about: 'links',
      why: alone
        ? 'every step ran on one device: nothing is known of links and all-reduces'
        : `every step ran at TP ${size}: the latency of all-reduces is one number with the step overhead`,
      cell: `the same cell at TP ${alone ? '2 or more' : 1}`,
    },
  ];
}

const precision = ({ card }: Asked): OpenQuestion[] => [
  {
    about: 'precision',
    why: `the weights are ${card.precision}: the compute that another precision reaches does not follow`,
    cell: 'the same cell on a server of the other precision',
  },
];

function requestOverhead({ observations }: Asked): OpenQuestion[] {
  const read = observations.flatMap(({ steps = [] }) => steps.map((each) => each.request_overhead));
  if (read.some((each) => each !== null)) return [];
  return [
    {
      about: 'request_overhead',
      why: 'too few prompts joined a running engine to say how long a request is on its way: only the mean TTFT tells',
      cell: adviceFor('request_overhead_s'),
    },
  ];
}

/** A parameter of whose information the prior gave more than this is known, but not well where its error is large too. */
const WEAK_SHARE = 0.1;
const WEAK_ERROR = 0.1;

function weakParameters({ fit: { names, covariance }, priorShares }: Asked): OpenQuestion[] {
  return names.flatMap((name, j): OpenQuestion[] => {
    const error = covariance.standardErrors[j]!;
    const share = priorShares[name] ?? 0;
    // Those beyond it are not identified at all, and the report says so.
    if (share < WEAK_SHARE || error < WEAK_ERROR || share > PRIOR_SHARE ** 2) return [];
    return [
      {
        about: 'weak_parameter',
        why: `${name} is known to ${(100 * error).toFixed(0)} % only, and ${(100 * share).toFixed(0)} % of what is known is the prior's: it is a small part of the time of these steps`,
        cell: adviceFor(name),
      },
    ];
  });
}

/** From this correlation on two parameters are hardly known apart, though other fits are not warned of it yet. */
const TOGETHER = 0.9;

function confounded({ fit: { names, covariance } }: Asked): OpenQuestion[] {
  const pairs = names.flatMap((one, i) => names.slice(i + 1).map((other) => [one, other] as const));
  return pairs.flatMap(([one, other]): OpenQuestion[] => {
    const [i, j] = [names.indexOf(one), names.indexOf(other)];
    const correlation = covariance.correlations[i]![j]!;
    if (Math.abs(correlation) < TOGETHER) return [];
    const weaker = covariance.standardErrors[i]! > covariance.standardErrors[j]! ? one : other;
    return [
      {
        about: 'confounded',
        why: `${one} and ${other} go together (correlation ${correlation.toFixed(2)}): each is known better by what is known of the other`,
        cell: adviceFor(weaker),
      },
    ];
  });
}

function check({ observations }: Asked): OpenQuestion[] {
  if (observations.some(({ steps, ttft, tpot }) => steps && (ttft ?? tpot))) return [];
  return [
    {
      about: 'check',
      why: 'a verdict keeps the means of the cell from the fit: nothing checks what its steps gave',
      cell: 'any steady load, for example concurrency 16, input 1024, output 256',
    },
  ];
}
