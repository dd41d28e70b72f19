import type { Accelerator } from '../accelerator/accelerator.ts';
import { allAccelerators, findAccelerator } from '../accelerator/catalogue.ts';
import type { CostBasis } from '../cost/basis.ts';
import type { ComparedDevice } from '../cost/compare-row.ts';
import { devicesSchema, listedDevices } from '../cost/devices-schema.ts';
import type { UncertainSource } from '../cost/phase-source.ts';
import { carriedSource, fitSource } from '../cost/sources/from-fit.ts';
import { missingFacts, specSource } from '../cost/sources/from-spec.ts';
import { longestRequest, type Workload } from '../cost/workload.ts';
import { RidgeError } from '../errors.ts';
import { modelDifferences } from '../fit/same-model.ts';
import { ANY_DEVICE } from '../fitfile/device-schema.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ModelCard } from '../model/card.ts';
import { builtInCard, builtInModels } from '../model/cards.ts';
import { nearest } from '../stats/nearest.ts';
import { parseBy, readYaml } from '../suite/load-file.ts';
import { USUAL_ENGINE } from './known-device.ts';
import { publishedDevice, readFits } from './published-fits.ts';

/** What takes part: fit files, `spec:ID` and `carry:ID`, or everything that is known of a model. */
export interface DeviceQuestion {
  readonly arguments: readonly string[];
  readonly all: boolean;
  readonly fitsFolder: string;
  readonly model: string | undefined;
  readonly devicesFile: string | undefined;
  readonly workload: Workload;
  readonly basis: CostBasis;
}

export interface GatheredDevices {
  readonly devices: readonly ComparedDevice[];
  readonly card: ModelCard;
  readonly notes: readonly string[];
}

/** A precision of the KV cache is the server's choice; all else of the model must be alike. */
const differences = (one: ModelCard, other: ModelCard): string[] =>
  modelDifferences(one, other).filter((key) => key !== 'kv_bytes_per_element');

/**
 * Reads what the arguments name.
 * @throws RidgeError (exit 2) for files that are no fits, fits of different models, devices that the basis does not price, or
 *   specifications that lack a fact
 */
export async function gatherDevices(question: DeviceQuestion): Promise<GatheredDevices> {
  const { workload, basis } = question;
  const listed = await ownDevices(question.devicesFile);
  const [specs, carries, files] = byKind(question.arguments);
  const named = await Promise.all(files.map(readFit));
  const card = cardOf(question.model, named);
  refuseTooLong(card, workload);
  const published = question.all ? await publishedFits(question.fitsFolder, card, basis) : [];
  const fits = distinct([...named, ...published]);
  const other = fits.find((fit) => differences(card, fit.model_card).length > 0);
  if (other) {
    throw new RidgeError(
      `fits of different models: ${card.id} ${card.precision} and ${other.model_card.id} ${other.model_card.precision}`,
      { mend: 'Compare devices on one model in one precision.' },
    );
  }
  const find = (id: string): Accelerator => listed.find((one) => one.id === id) ?? inCatalogue(id);
  const known = new Set(fits.map(({ accelerator }) => accelerator.id));
  const rest = question.all
    ? allAccelerators().filter(
        (one) => !known.has(one.id) && basis.prices(one) && missingFacts(one, card).length === 0,
      )
    : [];
  const specDevices = [...specs.map(find), ...listed, ...rest];
  // A device of the user's own is none that was measured, whatever it is called.
  const specOf = async (accelerator: Accelerator): Promise<UncertainSource> => {
    const device = await publishedDevice(listed.includes(accelerator) ? ANY_DEVICE : accelerator.id);
    return specSource({ device, accelerator, card, engine: USUAL_ENGINE }, accelerator.id, workload);
  };
  const carried = carries.map(find);
  const base = fits[0];
  if (carried.length > 0 && base === undefined) {
    throw new RidgeError('carry:ID needs a fit to carry from', { mend: 'Name a fit file, or use spec:ID.' });
  }
  const sources = [
    ...fits.map((fit) => fitSource(fit, workload, labelOf(fit, fits))),
    ...carried.map((accelerator) =>
      carriedSource(base!, { accelerator, model: card }, workload, accelerator.id),
    ),
    ...(await Promise.all(specDevices.map(specOf))),
  ];
  if (sources.length === 0) {
    throw new RidgeError('no accelerator takes part', {
      mend: 'Name fit files, spec:ID or carry:ID, or use --all.',
    });
  }
  return {
    devices: uniquelyNamed(sources).map((source) => priced(source, basis)),
    card,
    notes: kvNotes(fits),
  };
}

/** @throws RidgeError (exit 2) that suggests the nearest id, or the user's own file */
function inCatalogue(id: string): Accelerator {
  const ids = allAccelerators().map((one) => one.id);
  if (ids.includes(id.toLowerCase())) return findAccelerator(id);
  const near = nearest(id.toLowerCase(), ids);
  throw new RidgeError(`no accelerator '${id}' in the catalogue`, {
    mend: `${near ? `Did you mean '${near}'? ` : ''}Describe one of your own in a file for --devices.`,
  });
}

/** What no server of the model takes. */
function refuseTooLong({ id, max_length_tokens: most }: ModelCard, workload: Workload): void {
  const longest = longestRequest(workload);
  if (most === null || longest <= most) return;
  throw new RidgeError(`${longest} tokens of prompt and answer; ${id} takes at most ${most}`, {
    mend: 'Use shorter requests.',
  });
}

function priced(source: UncertainSource, basis: CostBasis): ComparedDevice {
  const { accelerator } = source.central;
  return {
    source,
    cost: basis.costOf(accelerator),
    metered: basis.metered && ((kw) => basis.metered!(accelerator, kw)),
  };
}

function byKind(texts: readonly string[]): [specs: string[], carries: string[], files: string[]] {
  const after = (prefix: string): string[] =>
    texts.filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
  return [
    after('spec:'),
    after('carry:'),
    texts.filter((text) => !text.startsWith('spec:') && !text.startsWith('carry:')),
  ];
}

async function ownDevices(file: string | undefined): Promise<Accelerator[]> {
  if (file === undefined) return [];
  const { devices } = parseBy(devicesSchema, await readYaml(file, 'list of devices (YAML)'));
  return listedDevices(devices);
}

function cardOf(model: string | undefined, [first]: readonly Fit[]): ModelCard {
  if (first) return first.model_card;
  if (model === undefined) {
    throw new RidgeError('no model: give a fit file, or --model', {
      mend: 'There is no default, with --all neither; for example --model llama-3.1-70b-fp8.',
    });
  }
  const card = builtInCard(model);
  if (card) return card;
  throw new RidgeError(`--model: '${model}' is not built in`, {
    mend: `Built in: ${builtInModels().slice(0, 8).join(', ')} ...; a suffix names the precision (llama-3.1-70b-fp8).`,
  });
}

/** Published fits of the model on devices that the basis prices: the newest of each device and engine. */
async function publishedFits(folder: string, card: ModelCard, basis: CostBasis): Promise<Fit[]> {
  const fits = await readFits(folder);
  const fitting = fits.filter(
    (fit) =>
      !fit.simulated &&
      fit.model_card.precision === card.precision &&
      differences(card, fit.model_card).length === 0 &&
      basis.prices(fit.accelerator),
  );
  const groups = Map.groupBy(fitting, ({ accelerator, engine }) => `${accelerator.id} ${engine.name}`);
  return [...groups.values()].map((group) =>
    group.reduce((newest, one) => (one.created_at > newest.created_at ? one : newest)),
  );
}

const distinct = (fits: readonly Fit[]): Fit[] => [...new Map(fits.map((fit) => [fit.digest, fit])).values()];

/** The device's id, with the engine where two fits are of one device. */
function labelOf({ accelerator, engine }: Fit, all: readonly Fit[]): string {
  const same = all.filter((one) => one.accelerator.id === accelerator.id);
  return same.length === 1 ? accelerator.id : `${accelerator.id}/${engine.name}`;
}

function uniquelyNamed(sources: readonly UncertainSource[]): readonly UncertainSource[] {
  const labels = sources.map(({ central }) => central.label);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice === undefined) return sources;
  throw new RidgeError(`'${twice}' takes part twice`, { mend: 'Name each device and engine once.' });
}

function kvNotes(fits: readonly Fit[]): string[] {
  const bytes = new Map(fits.map((fit) => [labelOf(fit, fits), fit.model_card.kv_bytes_per_element]));
  if (new Set(bytes.values()).size < 2) return [];
  const each = [...bytes].map(([label, size]) => `${label} ${size}`).join(', ');
  return [`KV caches differ in bytes an element (${each}): a pair moves those of its prefill side`];
}
