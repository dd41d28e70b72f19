import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import type { Predictor } from '../fit/cell-model.ts';
import { METRIC_KEYS } from '../fit/predictive.ts';
import { readFit } from '../fitfile/read.ts';
import { type FitPrediction, predict } from '../predict/predict.ts';
import { formatNumber } from '../report/format.ts';
import { type Style, styleFor } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { optionalFlag, wholeFlag } from './flags.ts';

const help = `usage: ridge predict FIT --input N --output N --concurrency N [--tp N] [--closed-form] [--json]

Predicts mean TTFT, TPOT, E2E and throughput of a steady closed loop from a fit file, with 90 % intervals, and says what
lies outside the cells that were measured. Output lengths are jittered as those of the measured cells were.

  --input N          prompt length, tokens
  --output N         output length, tokens
  --concurrency N    streams
  --tp N             tensor parallel size; default: the smallest that was measured
  --closed-form      by formulas (microseconds, rough where prompts queue) instead of by simulating the scheduler
  --json             the prediction on stdout as JSON; its key predictor says how it was made

Example:
  ridge predict runs/2026-01-15-roofline.fit.json --input 4096 --output 512 --concurrency 32 --tp 2`;

const options = {
  input: { type: 'string' },
  output: { type: 'string' },
  concurrency: { type: 'string' },
  tp: { type: 'string' },
  'closed-form': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const UNITS = { ttft_ms: 'ms', tpot_ms: 'ms', e2e_ms: 'ms', output_tokens_per_s: 'tokens/s' } as const;

const HOW: Readonly<Record<Predictor, string>> = {
  scheduler: 'the scheduler',
  closed_form: 'the closed form',
};

function predictionText(prediction: FitPrediction, style: Style): string {
  const rows = METRIC_KEYS.map((key) => {
    const { value, interval_90 } = prediction[key];
    const interval = interval_90?.map((end) => formatNumber(end, 4)).join(' to ');
    return [key.replace(/_ms$/, ''), formatNumber(value, 4), interval ?? '', UNITS[key]];
  });
  const notes = prediction.extrapolates.map((what) => `extrapolates: ${what}`);
  if (prediction.rough) {
    notes.push('rough: prompts nearly saturate the server or requests queue; leave out --closed-form here');
  }
  const { input, output, concurrency, tp, predictor } = prediction;
  return [
    style.bold(`${input} in, ${output} out, concurrency ${concurrency}, TP ${tp}`),
    renderTable({
      columns: [
        { title: 'metric' },
        { title: 'mean', align: 'right' },
        { title: '90 % interval', align: 'right' },
        { title: 'unit' },
      ],
      rows,
      style,
    }),
    `predicted by ${HOW[predictor]}`,
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
  ].join('\n');
}

export const command: Command = {
  summary: 'predict latency and throughput from a fit file',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (positionals.length !== 1) {
      throw new RidgeError('give one fit file', { mend: 'See ridge predict --help.' });
    }
    const needed = (flag: 'input' | 'output' | 'concurrency'): number => {
      const text = flags[flag];
      if (text !== undefined) return wholeFlag(flag, text, 1);
      throw new RidgeError(`--${flag} is needed`, { mend: 'See ridge predict --help.' });
    };
    const shape = {
      input: needed('input'),
      output: needed('output'),
      concurrency: needed('concurrency'),
      tp: optionalFlag(flags.tp, (text) => wholeFlag('tp', text, 1)),
      predictor: flags['closed-form'] ? ('closed_form' as const) : ('scheduler' as const),
    };
    const prediction = predict(await readFit(positionals[0]!), shape);
    console.log(
      flags.json ? JSON.stringify(prediction, null, 2) : predictionText(prediction, styleFor(process.stdout)),
    );
    return EXIT.done;
  },
};
