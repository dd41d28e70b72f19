import type { MeasuredSite } from '../fit/next-cells.ts';
import { type Conditions, siteOf } from '../fit/next-sites.ts';
import type { FittedModel } from '../fit/predictive.ts';
import { priorsOf } from '../fit/transfer.ts';
import { modelOf, settingsFor } from '../fitfile/apply.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { CellRange } from '../plan/candidate-grid.ts';
import {
  type UnmeasuredServer,
  unmeasuredDriving,
  unmeasuredModel,
  unmeasuredSettings,
} from '../predict/unmeasured-server.ts';
import { type Priors, parameterPriors } from '../roofline/priors.ts';
import type { EngineSettings } from '../roofline/serving.ts';
import { type Protocol, suiteSchema } from '../suite/schema.ts';

/** What cells are chosen for: a fit, or a server that nobody measured. */
export interface NextSubject {
  /** As `--json` names it. */
  readonly about: Readonly<Record<string, unknown>>;
  /** A line above the table; null: none is needed. */
  readonly said: string | null;
  readonly model: FittedModel;
  readonly priors: Priors;
  /** Whether the model's whole covariance is what is known before any cell; else the priors, each by itself. */
  readonly joint: boolean;
  readonly protocol: Protocol;
  readonly turnAroundSeconds: number | null;
  /** Loads and shapes that were measured, which are asked for where nothing is; null: none were. */
  readonly range: CellRange | null;
  readonly sizes: readonly number[];
  settingsAt(tensorParallel: number): EngineSettings;
  measured(conditions: Conditions): readonly MeasuredSite[];
  /** Cells that were measured in vain, as tensor parallel size, lengths and load. */
  readonly inVain: readonly NextShape[];
}

export interface NextShape {
  readonly tensorParallel: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly concurrency: number | null;
}

export function fitSubject(fit: Fit): NextSubject {
  return {
    about: { fit: { id: fit.id, digest: fit.digest } },
    said: null,
    model: modelOf(fit),
    priors: Object.fromEntries(
      Object.entries(fit.parameters).map(([name, { prior }]) => [name, prior]),
    ) as unknown as Priors,
    joint: false,
    protocol: fit.protocol,
    turnAroundSeconds: fit.client.turn_around_s,
    range: fit.range,
    sizes: fit.range.tensor_parallel,
    settingsAt: (size) => settingsFor(fit, size),
    measured: (conditions) => measuredSites(fit, conditions),
    inVain: inVain(fit),
  };
}

/** Starts from what a device file expects of the server. */
export function unmeasuredSubject(server: UnmeasuredServer): NextSubject {
  const { device, accelerator } = server;
  const model = unmeasuredModel(server);
  const { card } = model;
  const behind =
    device.accelerator === accelerator.id
      ? 'fits of other models there'
      : 'its spec sheet and fits of other devices';
  return {
    about: {
      device: { accelerator: device.accelerator, digest: device.digest },
      server: {
        accelerator: accelerator.id,
        model: card.id,
        precision: card.precision,
        engine: server.engine,
      },
    },
    said: `never measured: ${card.id} (${card.precision}) on ${accelerator.id}; it starts from ${behind}`,
    model,
    priors: priorsOf(model, parameterPriors(accelerator, card)),
    joint: true,
    protocol: suiteSchema.shape.protocol.parse(undefined),
    ...{ turnAroundSeconds: unmeasuredDriving([]).turnAroundSeconds },
    range: null,
    sizes: [],
    settingsAt: (size) => unmeasuredSettings(server, size),
    measured: () => [],
    inVain: [],
  };
}

/** Once more would be no better. */
const inVain = ({ left_out, targets }: Fit): NextShape[] =>
  left_out.flatMap((cell) => {
    const target = targets.find(({ name }) => name === cell.target);
    if (target === undefined) return [];
    return [
      {
        tensorParallel: target.tensor_parallel,
        inputTokens: cell.input_tokens,
        outputTokens: cell.output_tokens,
        concurrency: cell.concurrency,
      },
    ];
  });

/** What the fit's cells measured, and how well: what its residuals were allowed beside the model's misfit. */
function measuredSites(fit: Fit, conditions: Conditions): MeasuredSite[] {
  const { misfit } = fit.predictors[fit.search.predictor].noise;
  const cells = Map.groupBy(fit.residuals, (one) =>
    [one.target, one.input_tokens, one.output_tokens, one.concurrency].join(' '),
  );
  return [...cells.values()].flatMap((terms) => {
    const target = fit.targets.find(({ name }) => name === terms[0]!.target);
    if (!target) return [];
    const error = (metric: 'ttft' | 'tpot'): number | null => {
      const term = terms.find((one) => one.metric === `${metric}_ms`);
      return term ? Math.sqrt(Math.max(0, term.log_sd ** 2 / term.weight - misfit[metric] ** 2)) : null;
    };
    return [
      {
        ...siteOf(settingsFor(fit, target.tensor_parallel), terms[0]!, conditions),
        errors: { ttft: error('ttft'), tpot: error('tpot') },
      },
    ];
  });
}
