import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { type CompareQuestion, type Comparison, compare } from '../cost/compare.ts';
import { servingRules } from '../cost/rules.ts';
import type { Workload } from '../cost/workload.ts';
import { EXIT } from '../errors.ts';
import { styleFor } from '../report/style.ts';
import { basisFlag } from './basis-flag.ts';
import { gatherDevices } from './compare-devices.ts';
import { EXAMPLES_HELP } from './compare-examples.ts';
import {
  askedObjectives,
  budgetFlag,
  COMPARE_OPTIONS,
  type CompareFlags,
  neededFlag,
  transferOf,
  workloadOf,
} from './compare-flags.ts';
import { comparisonSvg, writeSvg } from './compare-svg.ts';
import { comparisonText, shownRows } from './compare-text.ts';
import { optionalFlag, positiveFlag, wholeFlag } from './flags.ts';
import { PUBLISHED_FITS } from './published-fits.ts';

const help = `usage: ridge compare FIT... | --all --model NAME
    (--input N --output N | --trace FILE)
    --basis NAME|FILE [--objective KEY=MS ...] [--baseline PAIR]
    [--budget KIND=N | --rate N] [--json]

Ranks every pairing of accelerators (prefill on one, decode on the other) and
aggregated serving on each by what a request costs while the latency objectives
are met: device counts, TP sizes, batches and the ratio of devices are searched.
Uncertainty of the fits is carried into every ratio and latency.

FIT is a fit file, spec:ID (a catalogue entry without a fit of the model: what
ridge predict --model expects there) or carry:ID (the first fit scaled to a
catalogue entry).

  --all              also every published fit of the model, and every catalogue
                     entry that the basis prices and that is complete enough;
                     without a FIT it needs --model
  --model NAME       needed where no fit file is named, for there is no default;
                     for example llama-3.1-70b-fp8
  --fits FOLDER      published fits; default: those of this package
  --devices FILE     devices of your own (YAML, below: peaks, bandwidth)
  --input N --output N   tokens of a request
  --trace FILE       or a CSV with timestamp, input_tokens, output_tokens: its
                     lengths and how they spread, how it comes in bursts, and
                     the requests/s of its busiest minute as --rate
  --cached-input N   of every prompt, tokens that are in the prefix cache: the
                     same first N of all
  --spec K,ACCEPTANCE
                     speculative decoding: K tokens proposed in a step, of which
                     the share ACCEPTANCE is accepted, as in 4,0.7
  --draft MODEL      the model that proposes them: config.json or built-in name;
                     default: the draft whose cost a fit measured, else
                     proposals cost nothing
  --objective KEY=MS     ttft_p99_ms=250, tpot_mean_ms=20, e2e_p95_ms=9000, and
                     tbt_p99_ms=50 for the time between two tokens ...;
                     repeatable; none: throughput alone counts
  --suite FILE       take the objectives of a suite
  --basis NAME|FILE  asgar2025-stated, asgar2025-table5, inferencex-hyperscaler,
                     inferencex-neocloud, inferencex-rental, or a YAML file
                     (below)
  --tariff USD       $/kWh instead of the basis' own
  --baseline PAIR    prefill::decode, or one name for aggregated serving;
                     default: the first device on both sides
  --budget KIND=N    usd_per_h=100 or power_kw=50: the most requests/s in it
  --rate N           requests/s to serve: whole workers, least $ an hour first
  --workers N        prefill workers that share a queue; default 1
  --transfer MODE    of KV caches: layer_wise (default), while the prompt is
                     computed, or serialized, after it
  --contention N     transfers at a time over the same network cards; default 1
  --nic-gb-per-s N   of a device's card, one direction; default: its node's
  --host-staged      caches that change layout between vendors do so by way of
                     the host's memory
  --top N            pairs to print; default 10
  --svg FILE         bar chart, Pareto front and KV transfer
  --json             everything, on stdout: keys in fits/comparing.md

Example:
  ridge compare fits/h100-sxm/meta-llama-llama-3.1-70b/*.fit.json carry:gaudi3 \\
      --input 4096 --output 512 --objective ttft_p99_ms=1000 \\
      --objective tpot_mean_ms=40 --basis asgar2025-stated --svg pairs.svg

${EXAMPLES_HELP}`;

const DEFAULT_TOP = 10;

async function questionOf(
  flags: CompareFlags,
  workload: Workload,
  first: string,
  basis: CompareQuestion['basis'],
) {
  return {
    workload,
    objectives: await askedObjectives(flags),
    rules: servingRules(
      optionalFlag(flags.workers, (text) => wholeFlag('workers', text, 1)) ?? 1,
      transferOf(flags),
    ),
    basis,
    baseline: flags.baseline ?? `${first}::${first}`,
    budget: budgetFlag(flags, workload),
  } satisfies CompareQuestion;
}

/** The JSON of a comparison: infinite ends of intervals are null. */
const toJson = (comparison: Comparison, question: CompareQuestion, model: string): string => {
  const { basis, rules, workload, objectives, budget } = question;
  const { costOf: _cost, prices: _prices, ...terms } = basis;
  const asked = { ...workload, ...(workload.draft && { draft: workload.draft.id }) };
  const told = { model, workload: asked, objectives, basis: terms, budget, rules, ...comparison };
  return JSON.stringify(told, null, 2);
};

export const command: Command = {
  summary: 'rank pairings of accelerators by cost under latency limits',
  help,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: COMPARE_OPTIONS,
      allowPositionals: true,
    });
    const flags = values as CompareFlags;
    const workload = await workloadOf(flags);
    const tariff = optionalFlag(flags.tariff, (text) => positiveFlag('tariff', text));
    const basis = await basisFlag(neededFlag('basis', flags.basis, 'compare'), tariff);
    const top = flags.top === undefined ? DEFAULT_TOP : wholeFlag('top', flags.top, 1);
    const { devices, card, notes } = await gatherDevices({
      arguments: positionals,
      all: flags.all,
      fitsFolder: flags.fits ?? PUBLISHED_FITS,
      model: flags.model,
      devicesFile: flags.devices,
      workload,
      basis,
    });
    const question = await questionOf(flags, workload, devices[0]!.source.central.label, basis);
    const found = compare(devices, question);
    const comparison = { ...found, notes: [...notes, ...found.notes] };
    if (flags.svg !== undefined) {
      await writeSvg(flags.svg, comparisonSvg(comparison, shownRows(comparison, top), devices, question));
    }
    console.log(
      flags.json
        ? toJson(comparison, question, card.id)
        : comparisonText(comparison, question, top, styleFor(process.stdout)),
    );
    return EXIT.done;
  },
};
