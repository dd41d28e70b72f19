import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import type { CostBasis } from '../cost/basis.ts';
import { problemOf } from '../cost/place/from-graph.ts';
import { graphSchema } from '../cost/place/graph-schema.ts';
import { place } from '../cost/place/place.ts';
import { PLACE_DRAWS, planIntervals } from '../cost/place/place-intervals.ts';
import { plannedTokens, withinTokenLimits } from '../cost/place/token-latencies.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { styleFor } from '../report/style.ts';
import { parseBy, readYaml } from '../suite/load-file.ts';
import { basisFlag } from './basis-flag.ts';
import { optionalFlag, positiveFlag } from './flags.ts';
import { highsSolver } from './highs-solver.ts';
import { notPlaced } from './place-errors.ts';
import { graphSources } from './place-sources.ts';
import { placementJson, placementText } from './place-text.ts';

const help = `usage: ridge place GRAPH.yaml [--basis NAME|FILE] [--limit-ms N] [--json]

Places the stages of a request (prefill and decode of models, any other step) on
accelerators at least cost under a latency limit from end to end. Times come
from fits, or are given. Exact: a mixed-integer programme, solved by HiGHS.

  --basis NAME|FILE  prices of devices that the graph does not price itself, see
                     ridge compare --help
  --tariff USD       $/kWh instead of the basis' own
  --limit-ms N       instead of the graph's limit_ms
  --json             the plan and what bounds it, on stdout: keys in
                     fits/comparing.md

Prints the plan with its times and costs, what binds, and the cheaper plans that
a looser limit would allow. Where no plan is fast enough, what comes closest.

Example graph (fits are relative to the file):
  limit_ms: 20000
  places: { cpu: { usd_per_h: 0.1 } }
  links: [{ from: '*', to: '*', gb_per_s: 50, time_ms: 0.05 }]
  stages:
    search: { options: [{ on: cpu, time_ms: 60 }] }
    prefill:
      after: [search]
      phase: prefill
      input: 4096
      options:
        - { on: h100, fit: h100.fit.json, tp: [2, 4] }
        - { on: b200, fit: b200.fit.json }
    decode:
      after: [{ stage: prefill, kv_cache: true }]
      phase: decode
      input: 4096
      output: 512
      objectives: { tbt_p99_ms: 40 }    # between its tokens
      options:
        - { on: h100, fit: h100.fit.json }
        - { on: b200, fit: b200.fit.json, batch: [8, 32] }
Stages of a model also take cached_input: 2048 (of every prompt, in the prefix
cache), decode stages speculation: { draft_tokens: 4, acceptance: 0.7, draft:
llama-3.1-8b }. All keys are in fits/comparing.md.

Example:
  ridge place graph.yaml --basis inferencex-rental --limit-ms 15000`;

const options = {
  basis: { type: 'string' },
  tariff: { type: 'string' },
  'limit-ms': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

async function optionalBasis(
  name: string | undefined,
  tariff: string | undefined,
): Promise<CostBasis | null> {
  if (name !== undefined)
    return basisFlag(
      name,
      optionalFlag(tariff, (text) => positiveFlag('tariff', text)),
    );
  if (tariff === undefined) return null;
  throw new RidgeError('--tariff needs --basis', { mend: 'See ridge place --help.' });
}

export const command: Command = {
  summary: "place a request's stages on accelerators at least cost",
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0) {
      throw new RidgeError(file === undefined ? 'no graph' : 'more than one graph', {
        mend: 'Give one YAML file, see ridge place --help.',
      });
    }
    const limit_ms = optionalFlag(flags['limit-ms'], (text) => positiveFlag('limit-ms', text));
    const basis = await optionalBasis(flags.basis, flags.tariff);
    const read = parseBy(graphSchema, await readYaml(file, 'graph of stages (YAML)'));
    const graph = limit_ms === undefined ? read : { ...read, limit_ms };
    const { factsAt, uncertainOf, notes, uncertain } = await graphSources(graph, file, basis);
    const problem = problemOf(graph, factsAt(null));
    const answer = place(withinTokenLimits(problem, file), await highsSolver());
    if (answer.state !== 'placed') throw notPlaced(answer, problem, file);
    const between_tokens = plannedTokens(answer.plan, graph, uncertainOf, PLACE_DRAWS);
    const intervals = uncertain
      ? {
          ...planIntervals(problem, answer.plan, (index) => problemOf(graph, factsAt(index))),
          between_tokens,
        }
      : null;
    const tooFar = !uncertain && notes.length > 0;
    const shown = { problem, answer, intervals, tooFar, basis, notes };
    console.log(flags.json ? placementJson(shown) : placementText(shown, styleFor(process.stdout)));
    return EXIT.done;
  },
};
