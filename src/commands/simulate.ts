import { parseArgs } from 'node:util';
import { findAccelerator } from '../accelerator/catalogue.ts';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { builtInCard, builtInModels } from '../model/cards.ts';
import { withDraft } from '../model/draft.ts';
import { GRADIENT_NAMES, type RooflineParameters } from '../roofline/parameters.ts';
import { BUCKET_LINES, parseBucketMode } from '../simulate/buckets.ts';
import { createDevice, type SimulatedDevice } from '../simulate/device.ts';
import { parseEffects } from '../simulate/effects.ts';
import { parseFault } from '../simulate/faults.ts';
import { truthJson } from '../simulate/http/truth-json.ts';
import { poseOf } from '../simulate/poses.ts';
import { installTools } from '../simulate/power/install-tools.ts';
import { QUIRKS, type Quirk } from '../simulate/power/tools/fake-tool.ts';
import { startEndpoint } from '../simulate/server.ts';
import { optionalFlag, positiveFlag, wholeFlag } from './flags.ts';
import { modelFlag } from './model-flag.ts';
import { help } from './simulate-help.ts';
import { KV_FLAGS, kvConnectorOf } from './simulate-kv-flags.ts';
import { parseSpeculation } from './spec-flag.ts';

const options = {
  accelerator: { type: 'string', default: 'h100-sxm' },
  model: { type: 'string', default: 'meta-llama/Llama-3.1-8B' },
  tp: { type: 'string', default: '1' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '0' },
  seed: { type: 'string', default: '1' },
  parameter: { type: 'string', multiple: true },
  effects: { type: 'string', default: 'on' },
  'time-scale': { type: 'string', default: '1' },
  'max-num-batched-tokens': { type: 'string' },
  'max-num-seqs': { type: 'string' },
  'kv-capacity-tokens': { type: 'string' },
  engine: { type: 'string', default: 'vllm' },
  'dev-mode': { type: 'boolean', default: false },
  buckets: { type: 'string', default: 'off' },
  spec: { type: 'string' },
  draft: { type: 'string' },
  'tokens-per-chunk': { type: 'string', default: '1' },
  'api-key-env': { type: 'string' },
  fault: { type: 'string', multiple: true },
  'power-tools': { type: 'string' },
  'power-quirks': { type: 'string', default: '' },
  'log-sends': { type: 'string' },
  ...KV_FLAGS,
  'until-stdin-ends': { type: 'boolean', default: false },
} as const;

type Flags = ReturnType<typeof parseFlags>;
const parseFlags = (argv: readonly string[]) => parseArgs({ args: [...argv], options }).values;

export const command: Command = {
  summary: 'serve a simulated vLLM endpoint on a simulated accelerator',
  help,
  async run(argv) {
    const flags = parseFlags(argv);
    const device = await deviceOf(flags);
    const endpoint = await startEndpoint({
      device,
      kv: kvConnectorOf(flags, device.timeScale),
      host: flags.host,
      port: portOf(flags.port),
      apiKey: apiKeyOf(flags['api-key-env']),
      pose: poseOf(flags.engine),
      devMode: flags['dev-mode'],
      tokensPerChunk: wholeFlag('tokens-per-chunk', flags['tokens-per-chunk'], 1),
      faults: (flags.fault ?? []).map(parseFault),
      sendLogFile: flags['log-sends'],
      powerQuirks: quirksOf(flags['power-quirks']),
    });
    if (flags['power-tools'] !== undefined) await installTools(flags['power-tools'], endpoint.url);
    if (device.buckets !== null) for (const line of BUCKET_LINES) console.error(line);
    console.log(JSON.stringify({ state: 'ready', url: endpoint.url, ...truthJson(endpoint.state) }));
    await stopSignal(flags['until-stdin-ends']);
    await endpoint.close();
    return EXIT.done;
  },
};

async function deviceOf(flags: Flags): Promise<SimulatedDevice> {
  const card = builtInCard(flags.model);
  if (card === null) {
    throw new RidgeError(`no built-in model '${flags.model}'`, {
      where: '--model',
      mend: `Known: ${builtInModels().join(', ')}.`,
    });
  }
  if (flags.draft !== undefined && flags.spec === undefined) {
    throw new RidgeError('--draft needs --spec', { mend: 'For example --spec 4,0.7.' });
  }
  return createDevice({
    card:
      flags.draft === undefined ? card : withDraft(card, await modelFlag(flags.draft, undefined, 'draft')),
    buckets: parseBucketMode(flags.buckets),
    speculation: optionalFlag(flags.spec, (text) => parseSpeculation(text)),
    accelerator: findAccelerator(flags.accelerator),
    tensorParallel: wholeFlag('tp', flags.tp, 1),
    seed: wholeFlag('seed', flags.seed, 0),
    parameters: parametersOf(flags.parameter ?? []),
    effects: parseEffects(flags.effects),
    timeScale: positiveFlag('time-scale', flags['time-scale']),
    maxNumBatchedTokens: countFlag('max-num-batched-tokens', flags),
    maxNumSeqs: countFlag('max-num-seqs', flags),
    kvCapacityTokens: countFlag('kv-capacity-tokens', flags),
  });
}

function parametersOf(texts: readonly string[]): Partial<RooflineParameters> {
  const given: Record<string, number> = {};
  for (const text of texts) {
    const [name = '', value = ''] = text.split('=');
    if (!GRADIENT_NAMES.some((known) => known === name)) {
      throw new RidgeError(`unknown parameter '${name}'`, {
        where: '--parameter',
        mend: `Known: ${GRADIENT_NAMES.join(', ')}.`,
      });
    }
    given[name] = positiveFlag(`parameter ${name}`, value);
  }
  return given;
}

function quirksOf(text: string): Quirk[] {
  const names = text.split(',').filter((name) => name !== '');
  const stranger = names.find((name) => !Object.hasOwn(QUIRKS, name));
  if (stranger === undefined) return names as Quirk[];
  throw new RidgeError(`unknown quirk '${stranger}'`, {
    where: '--power-quirks',
    mend: `Known: ${Object.keys(QUIRKS).join(', ')}.`,
  });
}

function apiKeyOf(variable: string | undefined): string | null {
  if (variable === undefined) return null;
  const key = process.env[variable];
  if (key) return key;
  throw new RidgeError(`the environment variable ${variable} is not set`, { where: '--api-key-env' });
}

function portOf(text: string): number {
  const port = wholeFlag('port', text, 0);
  if (port <= 65_535) return port;
  throw new RidgeError(`--port: ${port} is above 65535`);
}

const countFlag = (flag: 'max-num-batched-tokens' | 'max-num-seqs' | 'kv-capacity-tokens', flags: Flags) =>
  optionalFlag(flags[flag], (text) => wholeFlag(flag, text, 1));

/** Resolves when the user or a parent process asks this one to end. */
function stopSignal(untilStdinEnds: boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      // An open stdin that is being read would keep the process alive.
      if (untilStdinEnds) process.stdin.destroy();
      resolve();
    };
    if (untilStdinEnds) process.stdin.resume().once('end', stop);
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  });
}
