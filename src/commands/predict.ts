import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { parseObjective } from '../cost/objectives.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { readFit } from '../fitfile/read.ts';
import { predict } from '../predict/predict.ts';
import { styleFor } from '../report/style.ts';
import { optionalFlag, wholeFlag } from './flags.ts';
import { isDeviceOrName } from './known-device.ts';
import { modelFlag } from './model-flag.ts';
import { paddedPredictionText } from './padding-text.ts';
import { predictionText } from './predict-text.ts';
import { showUnmeasured } from './predict-unmeasured.ts';
import { parseSpeculation } from './spec-flag.ts';

const help = `usage: ridge predict FIT --input N --output N --concurrency N [--tp N]
    [--cached-input N] [--spec K,ACCEPTANCE] [--draft MODEL] [--tails]
    [--objective KEY=MS ...] [--closed-form] [--json]

Predicts mean TTFT, TPOT, E2E and throughput of a steady closed loop from a fit
file, with 90 % intervals, and says what lies outside the cells that were
measured: there intervals widen with the distance, and further than two
doublings outside there are none. Latencies from ten seconds on are in seconds.
Output lengths are jittered as those of the measured cells were. A fit that
holds power adds watts of the whole server, and joules an output token, idle
included.

  --input N          prompt length, tokens
  --cached-input N   of them, in the prefix cache: the same first N tokens of
                     every prompt (default 0)
  --output N         output length, tokens
  --concurrency N    streams
  --spec K,ACCEPTANCE
                     speculative decoding: K tokens proposed for a sequence in a
                     step, of which the share ACCEPTANCE is accepted (of vLLM's
                     counters accepted over draft tokens), as in 4,0.7
  --draft MODEL      the model that proposes them: its config.json or a built-in
                     name; default: the draft whose cost the fit measured, else
                     proposals cost nothing
  --tp N             tensor parallel size; default: the smallest that was
                     measured
  --tails            p50, p90 and p99 of TTFT, TPOT, E2E and of the time between
                     two tokens (TBT, over all gaps of all requests) as well;
                     the p99 with its interval where cells of the fit measured
                     it, and which steps the gaps are. --json has p95 and every
                     interval
  --objective KEY=MS say whether a limit is met, and no (exit 1) where one is
                     not: ttft_p99_ms=250, tpot_mean_ms=20, tbt_p99_ms=50,
                     e2e_p95_ms=9000 ...; repeatable
  --closed-form      by formulas (microseconds, rough where prompts queue)
                     instead of by simulating the scheduler
  --model CONFIG     a model without a fit: its config.json or a built-in name,
                     on the device of FIT, of a device file (fits/h100-sxm/
                     device.json) or of --accelerator; intervals hold what is
                     not known, and it is said what makes them wide
  --precision NAME   its weights: bf16, fp8, nvfp4, mxfp4; default: as in CONFIG
  --accelerator NAME of the catalogue, measured or not: without any fit the spec
                     sheet and fits of other devices are all that is known
  --engine NAME      default: that of FIT, else vllm
  --cells RUN        the server's first cells, too few for a fit: they narrow
                     what fits of other models say of it, and it is said by how
                     much; the run says which server; repeatable
  --json             the prediction on stdout as JSON; its key predictor says
                     how it was made

Example:
  ridge predict runs/2026-01-15-roofline.fit.json --input 4096 --output 512 \\
      --concurrency 32 --tp 2`;

const options = {
  input: { type: 'string' },
  'cached-input': { type: 'string' },
  spec: { type: 'string' },
  draft: { type: 'string' },
  output: { type: 'string' },
  concurrency: { type: 'string' },
  tp: { type: 'string' },
  model: { type: 'string' },
  precision: { type: 'string' },
  accelerator: { type: 'string' },
  engine: { type: 'string' },
  cells: { type: 'string', multiple: true },
  tails: { type: 'boolean', default: false },
  objective: { type: 'string', multiple: true },
  'closed-form': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export const command: Command = {
  summary: 'predict latency and throughput from a fit file',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const isUnmeasured = flags.model !== undefined || flags.cells !== undefined;
    if (positionals.length !== 1 && (!isUnmeasured || positionals.length > 1)) {
      throw new RidgeError('give one fit file', { mend: 'See ridge predict --help.' });
    }
    const needed = (flag: 'input' | 'output' | 'concurrency'): number => {
      const text = flags[flag];
      if (text !== undefined) return wholeFlag(flag, text, 1);
      throw new RidgeError(`--${flag} is needed`, { mend: 'See ridge predict --help.' });
    };
    const shape = {
      input: needed('input'),
      cachedInput: optionalFlag(flags['cached-input'], (text) => wholeFlag('cached-input', text, 0)),
      output: needed('output'),
      concurrency: needed('concurrency'),
      tp: optionalFlag(flags.tp, (text) => wholeFlag('tp', text, 1)),
      speculation: optionalFlag(flags.spec, (text) => parseSpeculation(text)),
      draft: flags.draft === undefined ? undefined : await modelFlag(flags.draft, undefined, 'draft'),
      tails: flags.tails,
      objectives: Object.fromEntries((flags.objective ?? []).map(parseObjective)),
      predictor: flags['closed-form'] ? ('closed_form' as const) : ('scheduler' as const),
    };
    if (shape.draft !== undefined && shape.speculation === undefined) {
      throw new RidgeError('--draft needs --spec', { mend: 'For example --spec 4,0.7.' });
    }
    if (isUnmeasured) return showUnmeasured({ ...flags, file: positionals[0] }, shape);
    const stray = (['precision', 'accelerator', 'engine'] as const).find((flag) => flags[flag] !== undefined);
    if (stray !== undefined) throw new RidgeError(`--${stray} needs --model`);
    const file = positionals[0]!;
    if (await isDeviceOrName(file)) {
      throw new RidgeError('a device needs a model', {
        where: file,
        mend: 'Name it: --model mistral-large.',
      });
    }
    const fit = await readFit(file);
    const prediction = predict(fit, shape);
    console.log(
      flags.json
        ? JSON.stringify(prediction, null, 2)
        : predictionText(prediction, flags.tails, styleFor(process.stdout)),
    );
    const padded = paddedPredictionText(fit);
    if (padded !== null && !flags.json) console.log(padded);
    return prediction.objectives.some(({ met }) => met === false) ? EXIT.refused : EXIT.done;
  },
};
