import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { PREDICTORS } from '../fit/cell-model.ts';
import { OBJECTIVES } from '../fit/objective.ts';
import { PRIOR_USES } from '../fitfile/device-prior.ts';
import { counted } from '../plural.ts';
import { styleFor } from '../report/style.ts';
import { findRun } from '../run/run-folder.ts';
import { cellRuleFlag } from './cell-rule-flag.ts';
import { fitRuns } from './fit-runs.ts';
import { fitText } from './fit-text.ts';
import { oneOfFlag, wholeFlag } from './flags.ts';
import { modelFlag } from './model-flag.ts';
import { STEP_USES } from './read-steps.ts';

export { fitRuns };

const help = `usage: ridge fit RUN... [options]

Fits the roofline to the cells of one or more runs and writes a fit file:
parameters with 90 % intervals, what the data cannot tell, what was inferred
that the runs do not state, errors on cells that were kept from the fit, simpler
models beside it. RUN is a run's folder or its id under runs/. Where four cells
or more measured power, power is fitted too: idle, and energy per FLOP, per byte
of memory and per byte of link.

  --out FILE               default runs/RUN.fit.json
  --force                  write over an existing file
  --target NAME            only this target of the runs; repeatable
  --only AXIS=VALUE        only these cells; AXIS is input, output, concurrency,
                           tp or target; several values as N|N; repeatable:
                           values of one axis add up, all axes must hold
  --hold-out AXIS=VALUE    keep cells from the fit and predict them, in the same
                           words; repeatable
  --objective NAME         the latency to serve best, its numbers count four
                           times: ttft_ms or tpot_ms; default balanced
  --predictor NAME         the serving model to fit through: scheduler (default)
                           or closed_form (faster, rougher)
  --prior NAME             what the fit starts from: device (what shipped fits
                           of other models say of the server), catalogue (spec
                           sheet and rules of thumb), or auto (default: device
                           for fewer than eight cells of a real server, so that
                           one is enough; else catalogue)
  --steps NAME             fit by the engine's own steps, where they are as many
                           as the server's: auto (default: cells of mixed prompt
                           lengths, as of suites/tomography.yaml), all, none
  --draft MODEL            where cells speculate, the model that proposes tokens
                           (its config.json or a built-in name): its weights and
                           KV are priced by the device, and only what it costs
                           on top is fitted; default: all of its cost is
  --bootstrap N            replicates of the cluster bootstrap: 20 or more, 0:
                           none; default 200
  --seed N                 of the start points and the bootstrap; default 1
  --json                   the fit file on stdout instead of the report

exit: 0 written, 1 too few usable cells, 2 a run lacks something (it is named),
130 stopped

Example:
  ridge fit runs/2026-01-15-roofline --hold-out concurrency=64
  ridge fit runs/h100 runs/h100-tp8 --only 'tp=4|8' --objective tpot_ms`;

const options = {
  out: { type: 'string' },
  force: { type: 'boolean', default: false },
  target: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  'hold-out': { type: 'string', multiple: true },
  objective: { type: 'string', default: 'balanced' },
  predictor: { type: 'string', default: 'scheduler' },
  prior: { type: 'string', default: 'auto' },
  steps: { type: 'string', default: 'auto' },
  draft: { type: 'string' },
  bootstrap: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
} as const;

/** Of fewer replicates a 90 % interval is the two extremes, or a single value. */
const FEWEST_REPLICATES = 20;

function replicatesFlag(text: string): number {
  const replicates = wholeFlag('bootstrap', text, 0);
  if (replicates === 0 || replicates >= FEWEST_REPLICATES) return replicates;
  throw new RidgeError(`--bootstrap: ${counted(replicates, 'replicate')} cannot tell a 90 % interval`, {
    mend: `Use ${FEWEST_REPLICATES} or more (200 by default), or 0 for none.`,
  });
}

export const command: Command = {
  summary: 'fit the roofline to runs and write a fit file',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (positionals.length === 0) {
      throw new RidgeError('which run?', { mend: 'For example ridge fit runs/ID; see ridge fit --help.' });
    }
    const fitted = await fitRuns(
      positionals.map((run) => findRun(run).folder),
      {
        out: flags.out,
        force: flags.force,
        targets: flags.target,
        only: (flags.only ?? []).map((text) => cellRuleFlag('only', text)),
        holdOut: (flags['hold-out'] ?? []).map((text) => cellRuleFlag('hold-out', text)),
        objective: oneOfFlag('objective', flags.objective, OBJECTIVES),
        predictor: oneOfFlag('predictor', flags.predictor, PREDICTORS),
        prior: oneOfFlag('prior', flags.prior, PRIOR_USES),
        steps: oneOfFlag('steps', flags.steps, STEP_USES),
        draft: flags.draft === undefined ? undefined : await modelFlag(flags.draft, undefined, 'draft'),
        bootstrap: replicatesFlag(flags.bootstrap),
        seed: wholeFlag('seed', flags.seed, 0),
      },
    );
    if (flags.json) {
      console.log(JSON.stringify(fitted.fit, null, 2));
      console.error(fitted.file);
    } else {
      console.log(fitText(fitted, styleFor(process.stdout)));
    }
    return EXIT.done;
  },
};
