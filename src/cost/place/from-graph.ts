import { RidgeError } from '../../errors.ts';
import type { PhaseSource } from '../phase-source.ts';
import { sharedTokens } from '../workload.ts';
import type { Graph, GraphOption, GraphStage } from './graph-schema.ts';
import { optionsOf, type PlacePrice } from './options.ts';
import { type After, aftersOf, ordered } from './order.ts';
import type { Edge, Move, PlacementProblem, Stage } from './problem.ts';
import { workloadOf } from './stage-workload.ts';

/** What a graph names that does not stand in it. */
export interface GraphFacts {
  /** The file, for errors. */
  readonly where: string;
  /** Times of the phases of an option; null where its time is given. */
  sourceOf(option: GraphOption): PhaseSource | null;
  /** Price of a device on the cost basis; null where there is no basis. */
  priceOf(option: GraphOption): number | null;
}

/**
 * The problem that a graph asks.
 * @throws RidgeError (exit 2) for stages that are not there or wait for each other, options without a price, batches or TP
 *   sizes that no device holds, and KV caches of unknown size
 */
export function problemOf(graph: Graph, facts: GraphFacts): PlacementProblem {
  const names = ordered(graph, facts.where);
  const { limit_ms, penalty_usd_per_s, requests_per_s = 0, places } = graph;
  return {
    stages: names.map((name) => stageOf(name, graph, facts)),
    edges: names.flatMap((name, to) =>
      aftersOf(graph.stages[name]!).map((after) =>
        edgeOf(after, names.indexOf(after.stage), to, graph, facts),
      ),
    ),
    limit: limit_ms === undefined ? null : { seconds: limit_ms / 1e3, usd_per_s: penalty_usd_per_s ?? null },
    requests_per_s,
    capacities: Object.entries(places).flatMap(([place, { devices }]) =>
      devices === undefined ? [] : [{ place, devices }],
    ),
  };
}

function stageOf(name: string, graph: Graph, facts: GraphFacts): Stage {
  const stage = graph.stages[name]!;
  const options = stage.options.flatMap((option, index) => {
    const found = optionsOf(option, stage, facts.sourceOf(option), pricing(option, graph, facts));
    if (found.length === 0) throw doesNotFit(name, option, stage, facts.where);
    if (found.some(({ usd }) => Number.isNaN(usd))) throw withoutPrice(name, option, facts.where);
    return found.map((one) => ({ ...one, index }));
  });
  return { name, options };
}

function pricing(option: GraphOption, { places }: Graph, facts: GraphFacts): PlacePrice {
  const place = Object.hasOwn(places, option.on) ? places[option.on]! : undefined;
  const usd_per_h = place?.usd_per_h ?? (option.usd === undefined ? facts.priceOf(option) : null);
  return { usd_per_h, utilisation: place?.utilisation ?? 1 };
}

const withoutPrice = (stage: string, { on }: GraphOption, where: string): RidgeError =>
  new RidgeError(`'${stage}' on '${on}' has no price`, {
    where,
    mend: `Give places: { ${on}: { usd_per_h: .. } }, usd of the option, or --basis for fits.`,
  });

function doesNotFit(name: string, option: GraphOption, { input, output }: GraphStage, where: string) {
  const asked = option.batch === undefined ? '' : ` in batches of ${[option.batch].flat().join(', ')}`;
  const length = (input ?? 0) + (output ?? 0);
  return new RidgeError(`'${name}' on '${option.on}': requests of ${length} tokens${asked} do not fit`, {
    where,
    mend: 'Take a larger tp, or smaller batches.',
  });
}

function edgeOf(after: After, from: number, to: number, graph: Graph, facts: GraphFacts): Edge {
  const bytes = new Map(
    graph.stages[after.stage]!.options.map((option) => [option.on, bytesOf(after, option, graph, facts)]),
  );
  return { from, to, move: (source, target) => moveBy(graph, source, target, bytes.get(source)!) };
}

function bytesOf(after: After, option: GraphOption, graph: Graph, facts: GraphFacts): number {
  if (!after.kv_cache) return after.megabytes * 1e6;
  const stage = graph.stages[after.stage]!;
  const source = facts.sourceOf(option);
  if (source !== null && stage.input !== undefined) {
    // What all prompts share is on both sides.
    return (stage.input - sharedTokens(workloadOf(stage))) * source.kv.bytes_per_token;
  }
  throw new RidgeError(`the KV cache of '${after.stage}' on '${option.on}' is of unknown size`, {
    where: facts.where,
    mend: 'Give megabytes instead of kv_cache where no fit tells it.',
  });
}

function moveBy({ links }: Graph, from: string, to: string, bytes: number): Move | null {
  const fits = (name: string, place: string): boolean => name === '*' || name === place;
  const link = links.find((one) => fits(one.from, from) && fits(one.to, to));
  if (link === undefined) return null;
  const onTheWay = link.gb_per_s === undefined ? 0 : bytes / (link.gb_per_s * 1e9);
  return { seconds: link.time_ms / 1e3 + onTheWay, usd: link.usd + (link.usd_per_gb * bytes) / 1e9 };
}
