import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import type { CostBasis } from '../cost/basis.ts';
import { missedAlone } from '../cost/fleet/alone.ts';
import { closestFleet } from '../cost/fleet/closest.ts';
import type { FleetQuestion } from '../cost/fleet/fleet.ts';
import { requestsOf } from '../cost/fleet/requests.ts';
import type { Choices } from '../cost/fleet/sized-fleet.ts';
import { sizeFleets } from '../cost/fleet/sizing.ts';
import { traceWorkload } from '../cost/length-mix.ts';
import type { Workload } from '../cost/workload.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { styleFor } from '../report/style.ts';
import { basisFlag } from './basis-flag.ts';
import { askedObjectives, type CompareFlags, servedOf, transferOf } from './compare-flags.ts';
import { optionalFlag, positiveFlag, wholeFlag, wholeListFlag } from './flags.ts';
import { FLEET_OPTIONS, readTraffic, refuseAllCached } from './fleet-flags.ts';
import { fleetJson } from './fleet-json.ts';
import { choicesOf, poolFits, tooFar } from './fleet-services.ts';
import { shownFleets } from './fleet-shown.ts';
import { fleetText } from './fleet-text.ts';

const help = `usage: ridge fleet TRACE FIT --objective KEY=MS ... [--basis NAME|FILE]
    [--prefill FIT] [--decode FIT] [--tp LIST] [--json]

How many devices hold latency objectives over a whole trace whose mix changes:
two static pools (prefill, decode), three (mixed workers beside them), pools
that lend workers to each other as in Splitwise (those lent are its mixed pool),
aggregated serving alone, and one shared pool whose workers take up whichever
task is due. Each is simulated step by step with the fit's times, and the
cheapest that holds the objectives is searched: KV capacity bounds batches,
moving a KV cache delays the second token. Costs are an hour's, and of a
thousand requests (per 1k).

TRACE is a CSV file (timestamp, input_tokens, output_tokens, or the columns of
the Azure and Splitwise traces), or a YAML file of phases:
  phases:
    - { seconds: 900, rate_per_s: 8, input: 4096, output: 128 }
    - { seconds: 900, rate_per_s: 8, input: 512, output: 1024 }

  --objective KEY=MS   ttft_p99_ms=2000, tpot_mean_ms=25, e2e_p95_ms=30000,
                       tbt_p99_ms=50 for the gaps between tokens; repeatable;
                       or --suite FILE: those of a suite
  --prefill FIT        another device's fit for the static prefill pool
  --decode FIT         and for the static decode pool
  --tp LIST            TP sizes to search (2,4); of those measured
  --cached-input N     of every prompt, tokens that are in the prefix cache: the
                       same first N of all
  --spec K,ACCEPTANCE  speculative decoding: K tokens proposed in a step, of
                       which the share ACCEPTANCE is accepted, as in 4,0.7; a
                       static prefill pool proposes nothing
  --draft MODEL        the model that proposes them: config.json or built-in
                       name; default: the draft whose cost a fit measured, else
                       proposals cost nothing
  --basis NAME|FILE    count dollars, see ridge compare --help; none: devices
  --tariff USD         $/kWh instead of the basis' own
  --speed N            the trace N times as fast
  --requests N         only the first N
  --seed N             of phases, instead of the file's; with --spec also of
                       which proposals are accepted (default 1)
  --draws N            draws of what the fits are unsure of; default 20
  --transfer MODE      of KV caches: layer_wise (default), while the prompt is
                       computed, or serialized, after it; with --contention N,
                       --nic-gb-per-s N, --host-staged: see ridge compare --help
  --json               everything, on stdout: keys in fits/comparing.md

Example:
  ridge fleet day.csv fits/h100-sxm/meta-llama-llama-3.1-70b/*.fit.json \\
      --objective ttft_p99_ms=2000 --objective tpot_mean_ms=40`;

const DEFAULT_DRAWS = 20;

type Flags = ReturnType<typeof parseFlags>['values'];
const parseFlags = (argv: readonly string[]) =>
  parseArgs({ args: [...argv], options: FLEET_OPTIONS, allowPositionals: true });

async function basisOf({ basis, tariff }: Flags): Promise<CostBasis | null> {
  if (basis !== undefined)
    return basisFlag(
      basis,
      optionalFlag(tariff, (text) => positiveFlag('tariff', text)),
    );
  if (tariff === undefined) return null;
  throw new RidgeError('--tariff needs --basis', { mend: 'See ridge fleet --help.' });
}

/** The question, and its requests on average. */
async function askedBy(
  traceFile: string,
  flags: Flags,
): Promise<{ readonly question: FleetQuestion; readonly workload: Workload }> {
  const compareFlags = { ...flags, all: false } satisfies CompareFlags;
  const objectives = await askedObjectives(compareFlags);
  if (objectives.length === 0) {
    throw new RidgeError('no objective', { mend: 'Give one: --objective ttft_p99_ms=2000.' });
  }
  const served = await servedOf(flags);
  const seed = optionalFlag(flags.seed, (text) => wholeFlag('seed', text, 0));
  const most = optionalFlag(flags.requests, (text) => wholeFlag('requests', text, 2));
  const speculates = served.speculation !== undefined;
  const trace = await readTraffic(traceFile, { most, seed, speculates });
  refuseAllCached(served, trace);
  const speed = optionalFlag(flags.speed, (text) => positiveFlag('speed', text));
  const requests = requestsOf(trace, { speed, served, seed });
  return {
    question: { requests, objectives, transfer: transferOf(compareFlags) },
    workload: { ...traceWorkload(trace), ...served },
  };
}

/** No fleet of any size holds an objective that a request alone misses. */
function refuseImpossible({ requests, objectives }: FleetQuestion, choices: Choices): void {
  const all = Object.values(choices).flatMap((own) => own.map(({ service, lent }) => lent ?? service));
  const services = [...new Set(all)];
  const [missed] = missedAlone(requests, objectives, services);
  if (missed === undefined) return;
  const { key, limit_s } = missed.objective;
  const { label, tp } = missed.service;
  throw new RidgeError(`no fleet holds ${key}=${1e3 * limit_s}`, {
    exitCode: EXIT.refused,
    mend: `Closest: ${(1e3 * missed.seconds).toPrecision(3)} ms with every request alone on ${label} at TP ${tp}.`,
  });
}

/** The most workers that are tried hold the objectives in no fleet. */
function refuseTooMuch(question: FleetQuestion, choices: Choices): never {
  const { service, workers, reached } = closestFleet(question, choices);
  const found = reached.map(({ objective, seconds }) => `${objective.key} ${(1e3 * seconds).toPrecision(3)}`);
  throw new RidgeError(`${workers} workers a pool do not hold the objectives`, {
    exitCode: EXIT.refused,
    mend: `Closest: ${found.join(', ')} with ${workers} of ${service.label} at TP ${service.tp}. Slow the trace down (--speed), or loosen an objective.`,
  });
}

export const command: Command = {
  summary: 'size pools of devices for a trace whose mix changes',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseFlags(argv);
    const [traceFile, fitFile, ...others] = positionals;
    if (traceFile === undefined || fitFile === undefined || others.length > 0) {
      throw new RidgeError('give one trace and one fit', { mend: 'See ridge fleet --help.' });
    }
    const { question, workload } = await askedBy(traceFile, flags);
    const basis = await basisOf(flags);
    const fits = await poolFits(fitFile, flags);
    const sizes = optionalFlag(flags.tp, (text) => wholeListFlag('tp', text, 1)) ?? null;
    const asked = optionalFlag(flags.draws, (text) => wholeFlag('draws', text, 0)) ?? DEFAULT_DRAWS;
    const draws = tooFar(fits, workload) ? 0 : asked;
    const choices = choicesOf(fits, { requests: question.requests, workload }, sizes, basis);
    refuseImpossible(question, choices);
    const sized = sizeFleets(question, choices);
    if (sized.length === 0) refuseTooMuch(question, choices);
    const fleets = shownFleets(sized, question, { fits, choices, workload, draws });
    const shown = { question, workload, fits, basis, fleets, draws };
    console.log(flags.json ? fleetJson(shown) : fleetText(shown, styleFor(process.stdout)));
    return EXIT.done;
  },
};
