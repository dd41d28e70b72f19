import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import type { TargetFacts } from '../plan/facts.ts';
import { identifiability } from '../plan/identifiability.ts';
import { planSuite, refusedPoint, type TargetPlan } from '../plan/plan.ts';
import { requireCells } from '../plan/require-cells.ts';
import { styleFor } from '../report/style.ts';
import { loadSuite } from '../suite/load-suite.ts';
import { planFacts } from './plan-facts.ts';
import { planNext } from './plan-next.ts';
import { planText } from './plan-text.ts';

const help = `usage: ridge plan SUITE [--lab FILE | --target NAME=URL ... |
           --accelerator ID --model ID --tp LIST] [--json]
       ridge plan --next FIT|DEVICE [SUITE]
           [--lab FILE | --target NAME=URL ... | --tp LIST] [options]

Prints what a run would measure: the cells in their order, how long it takes,
what is skipped, and which parameters of the roofline the cells can and cannot
identify. Asks no server: lengths and KV capacity come from the lab file and the
model.

  --lab FILE           targets of a lab file
  --target NAME=URL    a target; repeatable, with --accelerator, --model, --tp,
                       --model-config
  --accelerator ID     without targets: the device to plan for (default
                       h100-sxm)
  --model ID           its model, a built-in one (default llama-3.1-8b)
  --model-config FILE  or the model's config.json
  --tp LIST            tensor parallel sizes, for example 1,2 (default 1)
  --json               the plan as JSON on stdout

With --next it prints the cells that narrow a fit's predictions most per minute,
from the suite's cells or else from a grid that the targets take; without
targets, those of the fit. Of a model that was never measured it prints the
first cells: the device file is what is known before them.

  --next FIT|DEVICE    a fit file; or an accelerator's name, or a device file,
                       with --model (or --model-config) and --tp, or targets
  --count N            so many cells (default 8)
  --for input=N,output=N,concurrency=N[,tp=N]
      the prediction that is to become certain; repeatable
                       (default: all of the fit's range)
  --criterion i|d      i: the predictions (default); d: all parameters together
  --out FILE           write the cells as a suite for ridge run

exit: 1 when a cell is too long for a target and the suite does not say
over_length: skip; 2 when no target measures any cell

Examples:
  ridge plan suites/roofline.yaml --accelerator gaudi3 --model llama-3.1-8b \\
      --tp 1,2
  ridge plan --next runs/first.fit.json --out next.yaml \\
      --for input=4096,output=512,concurrency=16
  ridge plan --next h100-sxm --model mistral-large --tp 4,8 --count 3`;

/** Flags that say what --next is to choose. */
const NEXT_FLAGS = {
  count: { type: 'string' },
  for: { type: 'string', multiple: true },
  criterion: { type: 'string' },
  out: { type: 'string' },
} as const;

const options = {
  lab: { type: 'string' },
  target: { type: 'string', multiple: true },
  accelerator: { type: 'string' },
  model: { type: 'string' },
  'model-config': { type: 'string' },
  tp: { type: 'string' },
  json: { type: 'boolean', default: false },
  next: { type: 'string' },
  ...NEXT_FLAGS,
} as const;

export const command: Command = {
  summary: 'print cells, order, time and what they can identify',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const [file, ...others] = positionals;
    if (flags.next !== undefined) {
      if (others.length > 0) throw oneSuite();
      await planNext(flags.next, file, flags);
      return EXIT.done;
    }
    const stray = Object.keys(NEXT_FLAGS).find((name) => Object.hasOwn(flags, name));
    if (stray !== undefined) {
      throw new RidgeError(`--${stray} belongs to --next`, { mend: 'Give the fit: ridge plan --next FIT.' });
    }
    if (file === undefined || others.length > 0) {
      throw oneSuite();
    }
    const loaded = await loadSuite(file);
    const { suite, points, digest } = loaded;
    const { facts, assumptions } = await planFacts(flags);
    const targets = planSuite(suite, points, facts);
    const refused = refusedPoint(suite, targets);
    if (refused === null && !mayOpen(facts, targets)) requireCells(loaded, facts, targets);
    const groups = identifiability(
      targets.map(({ cells }, index) => ({ facts: facts[index]!, cells: cells.map(({ cell }) => cell) })),
    );
    const plan = { suite: suite.name, suite_digest: digest, assumptions, targets, identifiability: groups };
    if (flags.json) console.log(JSON.stringify(plan, null, 2));
    else {
      const mixed = suite.protocol.input_spread !== undefined;
      console.log(planText({ ...plan, mixed }, styleFor(process.stdout), process.stdout.columns));
    }
    return refused === null ? EXIT.done : EXIT.refused;
  },
};

/** Whether what a server says of itself when a run asks it may open cells that cannot be planned. */
const mayOpen = (facts: readonly TargetFacts[], targets: readonly TargetPlan[]): boolean =>
  facts.some(({ restarts }) => restarts !== undefined) ||
  targets.some(({ skipped }) => skipped.some(({ reason }) => reason === 'kv_capacity_unknown'));

const oneSuite = (): RidgeError =>
  new RidgeError('give one suite', { mend: 'For example ridge plan suites/roofline.yaml.' });
