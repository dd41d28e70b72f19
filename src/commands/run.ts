import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { styleFor } from '../report/style.ts';
import { Execution, type RunOptions } from '../run/orchestrate.ts';
import { findMaxNotes } from './find-max-flags.ts';
import { rememberSearches, searchesText } from './find-max-text.ts';
import { parseRunFlags, type RunFlags } from './run-flags.ts';
import { rememberGoals } from './run-goals.ts';
import { runInputs } from './run-inputs.ts';
import { rememberReasons } from './run-reasons.ts';
import { rememberServers } from './run-servers.ts';
import { stopOnSignals, watch, watchStyle } from './run-watch.ts';

const help = `usage: ridge run SUITE [--target NAME=URL ...] [--lab FILE] [options]
       ridge run SUITE --simulate [options]
       ridge run SUITE --adaptive [--goal METRIC=PERCENT ...]
           [--budget-minutes N] [options]
       ridge run SUITE --find-max rate|concurrency [--objective KEY=MS ...]
           [options]
       ridge run [SUITE] --resume ID

Measures a suite on vLLM endpoints and writes runs/ID. Killed at any instant, it
goes on with --resume.

targets
  --lab FILE               targets of a lab file. One with serve: is started by
                           the run on its agent's host, each of its variants
                           (size, dtype, flags) in turn, and ended again; its
                           log is kept in the run as server/TARGET.log. Its
                           power: says where watts come from; default: the tool
                           of the devices, on the server's own host
  --target NAME=URL        a target by its base URL; repeatable
  --accelerator ID         accelerator of the --target ones (catalogue id)
  --tp N                   their tensor parallel size
  --model ID               the served model to ask for; default: the first that
                           the server lists
  --model-config FILE      the model's config.json

simulated endpoints
  --simulate               start built-in simulated endpoints and measure them;
                           in pairs where the suite has disaggregated cells
  --simulate-accelerator ID   default h100-sxm
  --simulate-model ID         default llama-3.1-8b
  --simulate-tp LIST          default 1,2
  --simulate-seed N           draws the hidden truth; default 1
  --simulate-time-scale X     0.1 is a device ten times as fast; default 1
  --simulate-power            read their power with a fake nvidia-smi, amd-smi
                              or hl-smi, whichever fits the accelerator;
                              windows are then 10 to 30 s long
  --simulate-buckets MODE     static shapes as on Gaudi: off, warm or cold;
                              default off
  --simulate-spec K,ACCEPTANCE
                              they speculate: K tokens are proposed for a
                              sequence in a step, and that share is accepted
  --simulate-draft MODEL      the model that proposes them; default: unnamed

only as many cells as it takes
  --adaptive               measure the suite's most telling cells first, fit,
                           choose again, until goal or budget is met
  --goal METRIC=PERCENT    ttft_ms or tpot_ms: mean half-width of the asked 90 %
                           intervals; repeatable. Before the first fit they
                           are those of the priors (data sheet, what is usual)
  --budget-minutes N       default 60; anchors and cells that are kept from the
                           fit are measured at the end in any case. Servers that
                           the run starts come one after another, each with an
                           equal part of the time left and goals of its own
  --for input=N,output=N,concurrency=N[,tp=N]
      the asked prediction; repeatable; default: every cell of the suite
  --criterion i|d          i: the asked predictions (default); d: all parameters
                           together

the highest load that meets the objectives
  --find-max AXIS          rate (requests/s) or concurrency (streams): for each
                           input and output length of the suite, of cached and
                           speculative cells too, search the highest one; its
                           loads only say where to start. The brackets stand in
                           the run's find-max.json
  --objective KEY=MS       such as ttft_p99_ms=500, tpot_mean_ms=20, or
                           tbt_p99_ms=50 for the gaps between tokens;
                           repeatable; default: the suite's objectives. A p99
                           of requests needs 662 a cell, a p95 130, a p90 64
  --tolerance PERCENT      how near the two ends of a bracket come; default 5

the run
  --out FOLDER             default runs/TIME-SUITE
  --resume ID              go on with a run: finished cells are kept
  --parallel               measure targets that share an agent's host at the
                           same time
  --fit                    fit the run when it is done, and write the fit file
                           beside it
  --json                   events as lines of JSON on stdout
  --plain                  lines instead of the dashboard

exit: 0 every cell has a verdict, 1 no cell is valid (or would be but for a
drift), a goal is not reached or a highest load is not found, 3 a cell could not
be measured, 130 stopped

Examples:
  ridge run suites/roofline.yaml --target h100=http://10.0.0.5:8000 \\
      --accelerator h100-sxm --tp 1
  ridge run suites/roofline.yaml --lab lab.yaml --adaptive --goal tpot_ms=5 \\
      --budget-minutes 30 --fit
  ridge run suites/openloop.yaml --target a=http://10.0.0.5:8000 \\
      --find-max rate --objective ttft_p95_ms=500 --objective tpot_mean_ms=20`;

export const command: Command = {
  summary: 'measure a suite on endpoints',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseRunFlags(argv);
    if (positionals.length > 1) {
      throw new RidgeError(`one suite at a time, not ${positionals.length}`, {
        mend: 'Targets are given by --target or --lab.',
      });
    }
    const { stop, ...inputs } = await runInputs(positionals[0], flags);
    let exitCode: number;
    try {
      exitCode = await measure(inputs, flags);
    } finally {
      await stop();
    }
    if (flags.fit && exitCode !== EXIT.interrupted) await fitRun(inputs, flags);
    return exitCode;
  },
};

async function measure(inputs: RunOptions, flags: RunFlags): Promise<number> {
  const say = flags.json ? console.error : console.log;
  const execution = new Execution(inputs);
  const goals = rememberGoals(execution.events.subscribe);
  const reasons = rememberReasons(execution.events.subscribe);
  const servers = rememberServers(execution);
  const searches = rememberSearches(execution.events.subscribe);
  if (inputs.findMax)
    for (const line of findMaxNotes({ findMax: inputs.findMax, suite: inputs.suite })) say(line);
  const watching = await watch(execution, watchStyle(flags));
  const forget = stopOnSignals(execution, console.error);
  let exitCode: number;
  try {
    exitCode = await execution.start();
  } finally {
    forget();
    await watching.end();
  }
  const again = exitCode === EXIT.interrupted || exitCode === EXIT.failed;
  for (const line of flags.json ? [] : reasons()) say(line);
  for (const line of servers()) say(line);
  for (const line of goals()) say(line);
  const stream = flags.json ? process.stderr : process.stdout;
  const found = searchesText(searches(), styleFor(stream), stream.columns);
  if (found !== '') say(found);
  say(`run ${inputs.folder}`);
  if (again) say(`go on with it: ridge run --resume ${inputs.folder}`);
  return exitCode;
}

async function fitRun({ folder, resume }: RunOptions, flags: RunFlags): Promise<void> {
  const [{ fitRuns }, { fitText }, { styleFor }] = await Promise.all([
    import('./fit.ts'),
    import('./fit-text.ts'),
    import('../report/style.ts'),
  ]);
  // A resumed run has more cells than the fit that may lie beside it.
  const fitted = await fitRuns([folder], { force: resume });
  if (flags.json) console.error(`fit ${fitted.file}`);
  else console.log(`\n${fitText(fitted, styleFor(process.stdout))}`);
}
