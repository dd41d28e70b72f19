import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { findAccelerator } from '../accelerator/catalogue.ts';
import { RidgeError } from '../errors.ts';
import { METRIC_KEYS } from '../fit/predictive.ts';
import { DEVICE_FILE, isDevice, parseDevice, readDevice } from '../fitfile/device-read.ts';
import { ANY_DEVICE, type Device } from '../fitfile/device-schema.ts';
import { parseFit } from '../fitfile/parse.ts';
import type { BuiltInConfig } from '../model/built-in/decoder.ts';
import type { ModelCard } from '../model/card.ts';
import { builtInModels } from '../model/cards.ts';
import { cardFromConfig } from '../model/from-config.ts';
import { SERVED_PRECISIONS, splitName } from '../model/names.ts';
import { servedCard, withPrecision } from '../model/served-card.ts';
import type { PredictionShape } from '../predict/predict.ts';
import {
  predictUnmeasured,
  type UnmeasuredPrediction,
  type WidthShare,
} from '../predict/predict-unmeasured.ts';
import { formatNumber, latencyUnit } from '../report/format.ts';
import { type Style, styleFor } from '../report/style.ts';
import { renderTable } from '../report/text-table.ts';
import { REPORT_COLUMNS, wrapLines } from '../report/wrap.ts';
import { readUserFile } from '../suite/load-file.ts';
import { PUBLISHED_FITS } from './compare-devices.ts';
import { oneOfFlag } from './flags.ts';

/** What `ridge predict --model` was given beside the shape. */
export interface UnmeasuredFlags {
  /** A fit of another model, or a device file. */
  readonly file: string | undefined;
  readonly accelerator?: string | undefined;
  readonly model: string;
  readonly precision?: string | undefined;
  readonly engine?: string | undefined;
  readonly json: boolean;
}

/** Predicts a model that has no fit on a device, and prints it. */
export async function showUnmeasured(flags: UnmeasuredFlags, shape: PredictionShape): Promise<void> {
  const card = await cardOf(flags.model, flags.precision);
  const { device, accelerator, engine } = await deviceOf(flags);
  const prediction = predictUnmeasured({ device, accelerator, card, engine: flags.engine ?? engine }, shape);
  console.log(
    flags.json ? JSON.stringify(prediction, null, 2) : unmeasuredText(prediction, styleFor(process.stdout)),
  );
}

interface Known {
  readonly device: Device;
  readonly accelerator: Accelerator;
  readonly engine: string | null;
}

/** What engines are taken for where nobody says. */
const USUAL_ENGINE = 'vllm';

async function deviceOf({ file, accelerator: name }: UnmeasuredFlags): Promise<Known> {
  const named = name === undefined ? null : findAccelerator(name);
  if (file === undefined) {
    if (named === null) {
      throw new RidgeError('--model needs a fit, a device file or --accelerator', {
        mend: 'See ridge predict --help.',
      });
    }
    return { device: await published(named.id), accelerator: named, engine: USUAL_ENGINE };
  }
  const text = await readUserFile(file, 'fit file');
  if (isDevice(jsonOf(text))) {
    const device = parseDevice(text, file);
    const accelerator =
      named ?? (device.accelerator === ANY_DEVICE ? null : findAccelerator(device.accelerator));
    if (accelerator !== null) return { device, accelerator, engine: USUAL_ENGINE };
    throw new RidgeError('which device?', {
      where: file,
      mend: 'Name one of the catalogue: --accelerator NAME.',
    });
  }
  const fit = parseFit(text, file);
  if (named !== null && named.id !== fit.accelerator.id) {
    throw new RidgeError(`the fit is of ${fit.accelerator.id}, not of ${named.id}`, {
      where: file,
      mend: 'Leave out the fit: ridge predict --accelerator NAME --model CONFIG.',
    });
  }
  const beside = join(dirname(file), '..', DEVICE_FILE);
  const device = existsSync(beside) ? await readDevice(beside) : await published(fit.accelerator.id);
  return { device, accelerator: fit.accelerator, engine: fit.engine.name };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function published(id: string): Promise<Device> {
  const own = join(PUBLISHED_FITS, id, DEVICE_FILE);
  return readDevice(existsSync(own) ? own : join(PUBLISHED_FITS, ANY_DEVICE, DEVICE_FILE));
}

/** A `config.json`, or the name of a built-in model. */
async function cardOf(model: string, given: string | undefined): Promise<ModelCard> {
  const precision = given === undefined ? null : oneOfFlag('precision', given, SERVED_PRECISIONS);
  if (!existsSync(model)) {
    const card = servedCard(model, { precision });
    if (card !== null) return card;
    throw new RidgeError(`--model: no such file, and no built-in model '${model}' in that precision`, {
      mend: `Give the path of a config.json, or one of ${builtInModels().slice(0, 4).join(', ')} ...`,
    });
  }
  const config = jsonOf(await readUserFile(model, 'config.json'));
  const id =
    basename(model) === 'config.json' ? basename(dirname(model)) || 'model' : basename(model, '.json');
  if (precision === null || config === null) return cardFromConfig(id, config);
  const served = withPrecision(config as BuiltInConfig, splitName(id), precision);
  if (served !== null) return cardFromConfig(id, served);
  throw new RidgeError(`--precision: there is no ${precision} checkpoint of such a model`, { where: model });
}

function unmeasuredText(prediction: UnmeasuredPrediction, style: Style): string {
  const { input, output, concurrency, tp, width_from } = prediction;
  const rows = METRIC_KEYS.map((key): string[] => {
    const { value, interval_90 } = prediction[key];
    const { unit, factor } = key.endsWith('_ms') ? latencyUnit(value) : { unit: 'tokens/s', factor: 1 };
    const interval = interval_90?.map((end) => formatNumber(end * factor, 3)).join(' to ') ?? '';
    return [key.replace(/_ms$/, ''), formatNumber(value === null ? null : value * factor, 3), interval, unit];
  });
  const { maxNumBatchedTokens, kvCapacityTokens } = prediction.settings;
  const notes = [
    knowledge(prediction),
    `assumed: max_num_batched_tokens ${maxNumBatchedTokens}, ${kvCapacityTokens} tokens of KV cache (90 % of memory)`,
    `width of TTFT from ${sharesText(width_from.ttft_ms)}`,
    ...(width_from.tpot_ms.length > 0 ? [`width of TPOT from ${sharesText(width_from.tpot_ms)}`] : []),
  ];
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
    ...notes.map((note) => style.yellow(wrapLines(note, REPORT_COLUMNS))),
  ].join('\n');
}

/** What stands behind it. */
function knowledge({ model, precision, accelerator, engine, device_measured }: UnmeasuredPrediction): string {
  const server = `${model} (${precision}) on ${accelerator}, ${engine ?? 'an engine without fits'}`;
  const behind = device_measured
    ? 'known from fits of other models there'
    : 'no fit of this device: known from its spec sheet and fits of other devices';
  return `never measured: ${server}; ${behind}`;
}

const SHOWN = 3;
const sharesText = (shares: readonly WidthShare[]): string =>
  shares
    .slice(0, SHOWN)
    .map(({ parameter, share }) => `${parameter} ${(share * 100).toFixed(0)} %`)
    .join(', ');
