import { z } from 'zod';
import { counted } from '../plural.ts';
import { EXAMPLE_TOLERANCE, reproduceExamples } from './gates-examples.ts';
import type { Fit } from './schema.ts';

/** What a fit has to show before it is published. */
export interface Gate {
  readonly name: 'device' | 'cells' | 'hold_outs' | 'drift' | 'converged' | 'examples';
  readonly passed: boolean;
  /** Null where the file does not say. */
  readonly figure: number | null;
  readonly limit: number;
  readonly limit_is: 'least' | 'most';
  /** What was seen, in a few words. */
  readonly message: string;
  readonly mend: string;
}

/** The limits of publishing, all of them. */
const LEAST_CELLS = 8;
const LEAST_HOLD_OUTS = 1;
const MOST_DRIFTING_CELLS = 0;
const LEAST_CONVERGED = 1;

const MOST_SIMULATED = 0;

export interface GateOptions {
  /** Whether a fit of simulated endpoints may be published, under a name that shows it. */
  readonly allowSimulated?: boolean | undefined;
}

/** Every gate of publishing, passed or not, in the order in which they are best mended. */
export const publishGates = (fit: Fit, content: unknown, options: GateOptions = {}): Gate[] => [
  deviceGate(fit, options),
  cellsGate(fit),
  holdOutGate(fit),
  driftGate(content),
  convergedGate(fit),
  examplesGate(fit),
];

function deviceGate({ simulated }: Fit, { allowSimulated = false }: GateOptions): Gate {
  return {
    name: 'device',
    passed: !simulated || allowSimulated,
    figure: simulated ? 1 : 0,
    limit: allowSimulated ? 1 : MOST_SIMULATED,
    limit_is: 'most',
    message: simulated
      ? `SIMULATED: made from simulated endpoints, no real device${allowSimulated ? ', and allowed to be' : ''}`
      : 'no simulated endpoint among its targets',
    mend: 'Fit a run of a real device; --allow-simulated publishes it under simulated-ACCELERATOR/.',
  };
}

/** Cells that the fit used, repeats counted once. */
export const usedCells = ({ residuals }: Fit): number =>
  new Set(
    residuals.map((one) => [one.target, one.input_tokens, one.output_tokens, one.concurrency].join('\n')),
  ).size;

function cellsGate(fit: Fit): Gate {
  const cells = usedCells(fit);
  return {
    name: 'cells',
    passed: cells >= LEAST_CELLS,
    figure: cells,
    limit: LEAST_CELLS,
    limit_is: 'least',
    message: `${counted(cells, 'cell')} used by the fit`,
    mend: 'Measure more cells, for example suites/roofline.yaml, and fit again.',
  };
}

function holdOutGate({ validation }: Fit): Gate {
  const { hold_out, blocked } = validation;
  const predictions = [hold_out, ...blocked]
    .flatMap((one) => Object.values(one?.errors.scheduler ?? {}))
    .reduce((sum, { n }) => sum + n, 0);
  return {
    name: 'hold_outs',
    passed: predictions >= LEAST_HOLD_OUTS,
    figure: predictions,
    limit: LEAST_HOLD_OUTS,
    limit_is: 'least',
    message: `${counted(predictions, 'measured number')} predicted without having been seen`,
    mend: 'Mark cells hold_out in the suite, or fit again with --hold-out concurrency=64 or the like.',
  };
}

/** Reasons that stand on cells which the fit used, by target. */
const flaggedSchema = z.object({
  flagged: z.array(z.object({ code: z.string(), target: z.string(), cells: z.int() })).nullish(),
});

function driftGate(content: unknown): Gate {
  const { data } = flaggedSchema.safeParse(content);
  const drifting = (data?.flagged ?? []).filter(({ code }) => code === 'drift');
  const cells = drifting.reduce((sum, one) => sum + one.cells, 0);
  const known = data?.flagged != null;
  const targets = drifting.map(({ target }) => target).join(', ');
  return {
    name: 'drift',
    passed: cells <= MOST_DRIFTING_CELLS,
    figure: known ? cells : null,
    limit: MOST_DRIFTING_CELLS,
    limit_is: 'most',
    message: known
      ? `${counted(cells, 'cell')} of runs that drifted${targets && ` (${targets})`}`
      : 'the file does not say whether its runs drifted',
    mend: 'Measure these targets again on a quiet, warm machine, and fit the new run.',
  };
}

function convergedGate({ search }: Fit): Gate {
  return {
    name: 'converged',
    passed: search.converged,
    figure: search.converged ? 1 : 0,
    limit: LEAST_CONVERGED,
    limit_is: 'least',
    message: search.converged
      ? `the search converged, ${search.agreeing_starts} of ${counted(search.starts, 'start')} agree`
      : 'the search for the parameters did not converge',
    mend: 'Fit again with another --seed, or leave out the cells that stand under outliers.',
  };
}

function examplesGate(fit: Fit): Gate {
  const { examples, largest, worst } = reproduceExamples(fit);
  return {
    name: 'examples',
    passed: examples > 0 && largest <= EXAMPLE_TOLERANCE,
    figure: examples > 0 && Number.isFinite(largest) ? largest : null,
    limit: EXAMPLE_TOLERANCE,
    limit_is: 'most',
    message:
      examples === 0
        ? 'the file has no examples'
        : `${counted(examples, 'example')} computed again${worst === null ? '' : `, the worst is ${worst}`}`,
    mend: 'Fit again with this version of ridgepoint.',
  };
}
