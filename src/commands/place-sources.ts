import { dirname, resolve } from 'node:path';
import { findAccelerator } from '../accelerator/catalogue.ts';
import type { CostBasis } from '../cost/basis.ts';
import type { UncertainSource } from '../cost/phase-source.ts';
import type { GraphFacts } from '../cost/place/from-graph.ts';
import type { Graph, GraphOption, GraphStage } from '../cost/place/graph-schema.ts';
import { workloadOf } from '../cost/place/stage-workload.ts';
import { carriedSource, fitSource } from '../cost/sources/from-fit.ts';
import { specSource } from '../cost/sources/from-spec.ts';
import type { Workload } from '../cost/workload.ts';
import { RidgeError } from '../errors.ts';
import { readFit } from '../fitfile/read.ts';
import { builtInCard, builtInModels } from '../model/cards.ts';
import { USUAL_ENGINE } from './known-device.ts';
import { modelFlag } from './model-flag.ts';
import { publishedDevice } from './published-fits.ts';

export interface GraphSources {
  readonly notes: readonly string[];
  /** False where no fit takes part, or one is used so far outside that nothing bears on it. */
  readonly uncertain: boolean;
  /** What is known of an option's device; null where its time is given. */
  uncertainOf(option: GraphOption): UncertainSource | null;
  /** Facts at the central parameters (null), or at a draw of them. */
  factsAt(index: number | null): GraphFacts;
}

async function sourceOf(
  option: GraphOption,
  stage: GraphStage,
  file: string,
): Promise<UncertainSource | null> {
  if (option.spec !== undefined) {
    const card = builtInCard(option.model!);
    if (!card) {
      throw new RidgeError(`model '${option.model}' is not built in`, {
        where: file,
        mend: `Built in: ${builtInModels().slice(0, 6).join(', ')} ...; a suffix names the precision.`,
      });
    }
    const accelerator = findAccelerator(option.spec);
    const device = await publishedDevice(accelerator.id);
    const server = { device, accelerator, card, engine: USUAL_ENGINE };
    return specSource(server, option.on, await servedOf(stage));
  }
  if (option.fit === undefined) return null;
  const fit = await readFit(resolve(dirname(file), option.fit));
  // Prefill has no output that could lie outside what was measured.
  const output = stage.phase === 'decode' ? stage.output! : fit.range.output_tokens[0];
  const workload = { ...(await servedOf(stage)), output };
  if (option.carry === undefined) return fitSource(fit, workload, option.on);
  const to = { accelerator: findAccelerator(option.carry), model: fit.model_card };
  return carriedSource(fit, to, workload, option.on);
}

/** What a stage asks of a server, with the model that proposes tokens for it. */
async function servedOf(stage: GraphStage): Promise<Workload> {
  const name = stage.speculation?.draft;
  const workload = workloadOf(stage);
  return name === undefined ? workload : { ...workload, draft: await modelFlag(name, undefined, 'draft') };
}

/** Reads the fits that a graph names, relative to its file. */
export async function graphSources(
  graph: Graph,
  file: string,
  basis: CostBasis | null,
): Promise<GraphSources> {
  const pairs = await Promise.all(
    Object.values(graph.stages).flatMap((stage) =>
      stage.options.map(async (option) => [option, await sourceOf(option, stage, file)] as const),
    ),
  );
  const sources = new Map(pairs);
  const known = [...sources.values()].filter((one) => one !== null);
  return {
    notes: [...new Set(known.flatMap(({ notes }) => notes))],
    uncertain: known.length > 0 && known.every(({ interval }) => interval),
    uncertainOf: (option) => sources.get(option)!,
    factsAt: (index) => {
      const at = new Map(
        [...sources].map(([option, one]) => [
          option,
          one && (index === null ? one.central : one.draw(index)),
        ]),
      );
      return {
        where: file,
        sourceOf: (option) => at.get(option)!,
        priceOf: (option) => {
          const source = sources.get(option);
          return source && basis ? basis.costOf(source.central.accelerator).usd_per_h : null;
        },
      };
    },
  };
}
