import type { ModelCard } from '../../model/card.ts';
import { GRADIENT_NAMES, type RooflineParameters } from '../../roofline/parameters.ts';
import { StepPricer } from '../../roofline/step-pricer.ts';
import { AttentionWork, type StepWork, stepWork } from '../../roofline/step-work.ts';
import type { Measured, Observation } from '../observations.ts';
import type { StepGroup } from './step-groups.ts';
import { type Kernel, kernelName } from './step-kinds.ts';

/** A number of a fit that is not the mean of a cell but follows from the parameters alone. */
export interface StepSource {
  /** The steps that it is the mean of; null: the request overhead, as the steps show it. */
  readonly kernel: Kernel | null;
  /** Steps of one name run the same kernels, and what the model misses of them is alike. */
  readonly name: string;
  seconds(p: RooflineParameters): number;
  /** Derivatives of the seconds by the log parameters, in the order of GRADIENT_NAMES. */
  gradient(p: RooflineParameters): Float64Array;
}

export interface StepNumber {
  readonly metric: 'ttft' | 'tpot';
  readonly measured: Measured;
  readonly source: StepSource;
}

/** Numbers of a fit from the steps of an observation: the mean time of alike steps, and the request overhead. */
export function stepNumbers(card: ModelCard, { steps = [], engine }: Observation): StepNumber[] {
  if (steps.length === 0) return [];
  const attention = new AttentionWork(card, undefined, engine.padding);
  const pricer = pricerFor(card, engine.tensorParallel);
  return steps.flatMap(({ groups, request_overhead }) => [
    ...groups.map((group) => groupNumber(attention, pricer, group)),
    ...(request_overhead === null ? [] : [overheadNumber(request_overhead)]),
  ]);
}

type PricerAt = (p: RooflineParameters) => StepPricer;

/** Terms are priced one after another at the same parameters. */
function pricerFor(card: ModelCard, tensorParallel: number): PricerAt {
  let last: { readonly p: RooflineParameters; readonly pricer: StepPricer } | null = null;
  return (p) => {
    if (last?.p !== p) last = { p, pricer: new StepPricer(card, p, tensorParallel) };
    return last.pricer;
  };
}

function groupNumber(attention: AttentionWork, pricerAt: PricerAt, group: StepGroup): StepNumber {
  const { tokens, sampled, sequences, attentionFlop, attentionBytes } = meanWork(attention, group);
  const { kernel, seconds, relative_error } = group;
  return {
    metric: kernel.kind === 'decode' ? 'tpot' : 'ttft',
    measured: { seconds, relative_error },
    source: {
      kernel,
      name: `steps ${kernelName(kernel)}`,
      seconds: (p) => pricerAt(p).secondsOf(tokens, sampled, sequences, attentionFlop, attentionBytes),
      gradient: (p) => {
        const gradient = new Float64Array(GRADIENT_NAMES.length);
        pricerAt(p).addGradient(gradient, 1, tokens, sampled, sequences, attentionFlop, attentionBytes);
        return gradient;
      },
    },
  };
}

/** Alike steps take their mean work's time: between them time is all but straight in the work. */
function meanWork(attention: AttentionWork, { loads }: StepGroup): StepWork {
  const works = loads.map((load) => stepWork(attention, load));
  const mean = (read: (work: StepWork) => number): number =>
    works.reduce((sum, work) => sum + read(work), 0) / works.length;
  return {
    tokens: mean((work) => work.tokens),
    sampled: mean((work) => work.sampled),
    sequences: mean((work) => work.sequences),
    attentionFlop: mean((work) => work.attentionFlop),
    attentionBytes: mean((work) => work.attentionBytes),
  };
}

const REQUEST = GRADIENT_NAMES.indexOf('request_overhead_s');

const overheadNumber = (measured: Measured): StepNumber => ({
  metric: 'ttft',
  measured,
  source: {
    kernel: null,
    name: 'steps request overhead',
    seconds: (p) => p.request_overhead_s,
    gradient: (p) => {
      const gradient = new Float64Array(GRADIENT_NAMES.length);
      gradient[REQUEST] = p.request_overhead_s;
      return gradient;
    },
  },
});
