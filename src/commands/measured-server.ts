import { RidgeError } from '../errors.ts';
import { observationsFromRuns } from '../fit/from-runs.ts';
import { modelDifferences } from '../fit/same-model.ts';
import { isDevice, parseDevice } from '../fitfile/device-read.ts';
import type { ModelCard } from '../model/card.ts';
import type { UnmeasuredServer } from '../predict/predict-unmeasured.ts';
import { findRun } from '../run/run-folder.ts';
import { readUserFile } from '../suite/load-file.ts';
import type { UnmeasuredFlags } from './known-device.ts';
import { jsonOf, modelFlag } from './model-flag.ts';
import { unseenDevice } from './published-fits.ts';
import { readRuns } from './read-runs.ts';

/**
 * A server of which a few cells were measured: what fits of other models say of it, and its cells. The runs say which server;
 * flags that say it, too, have to agree.
 * @throws RidgeError (exit 2) when they do not, or the runs hold no cell of use; see `observationsFromRuns`
 */
export async function measuredServer(
  flags: UnmeasuredFlags,
  runs: readonly string[],
): Promise<UnmeasuredServer> {
  const read = observationsFromRuns(await readRuns(runs.map((run) => findRun(run).folder)));
  const { accelerator, card } = read;
  const engine = read.engine.name;
  requireSame('accelerator', flags.accelerator, accelerator.id);
  requireSame('engine', flags.engine, engine);
  if (flags.model !== undefined) requireSameModel(await modelFlag(flags.model, flags.precision), card);
  const cells = read.observations.filter((one) => !one.hold_out);
  if (cells.length === 0) {
    throw new RidgeError('--cells: no cell of use in these runs', { mend: 'See their verdicts.' });
  }
  const device = await (flags.file === undefined
    ? unseenDevice(accelerator, card).then((unseen) => unseen.device)
    : deviceFile(flags.file));
  const simulated = read.targets.some(({ simulator }) => simulator !== null);
  return { device, accelerator, card, engine, cells, simulated };
}

async function deviceFile(file: string) {
  const text = await readUserFile(file, 'device file');
  if (isDevice(jsonOf(text))) return parseDevice(text, file);
  throw new RidgeError('with --cells goes a device file, no fit', {
    where: file,
    mend: 'Leave it out: the shipped one of the device is taken.',
  });
}

function requireSame(flag: string, given: string | undefined, measured: string): void {
  if (given === undefined || given === measured) return;
  throw new RidgeError(`--${flag}: the cells are of ${measured}, not of ${given}`, {
    mend: 'Leave out the flag, or give the run of that server.',
  });
}

/** A precision of the KV cache is the server's choice; all else of the model must be alike. */
function requireSameModel(asked: ModelCard, measured: ModelCard): void {
  const keys = modelDifferences(asked, measured).filter((key) => key !== 'kv_bytes_per_element');
  if (keys.length === 0) return;
  throw new RidgeError(
    `--model: the cells are of ${measured.id} ${measured.precision} (${keys.join(', ')})`,
    {
      mend: 'Leave out --model, or give the run of that model.',
    },
  );
}
