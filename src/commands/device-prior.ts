import type { Accelerator } from '../accelerator/accelerator.ts';
import { sharedFacts } from '../fit/shared-facts.ts';
import type { DevicePrior, PriorUse } from '../fitfile/device-prior.ts';
import type { MakeFitOptions } from '../fitfile/make-fit.ts';
import type { ModelCard } from '../model/card.ts';
import { deviceServer, unmeasuredModel } from '../predict/unmeasured-server.ts';
import type { RunTarget } from '../run/schema.ts';
import { unseenDevice } from './published-fits.ts';

/**
 * What a fit of runs may start from: the shipped device file, for their server. A simulated endpoint is no device, so fits of
 * other models say nothing of it unless that is asked for.
 */
export async function devicePrior(
  targets: readonly RunTarget[],
  use: PriorUse,
): Promise<MakeFitOptions['prior']> {
  if (use === 'catalogue') return undefined;
  // What targets lack, and a fit needs, is said by the fit.
  if (targets.some((target) => target.accelerator === null || target.model_card === null)) return undefined;
  if (use === 'auto' && targets.some(({ simulator }) => simulator !== null)) return undefined;
  const { accelerator, card, engine } = sharedFacts(targets);
  return { use, device: await expectedServer(accelerator, card, engine.name) };
}

/** What the shipped fits of other models say of a server. */
export async function expectedServer(
  accelerator: Accelerator,
  card: ModelCard,
  engine: string,
): Promise<DevicePrior> {
  const { device, file, without } = await unseenDevice(accelerator, card);
  const asked = { device, accelerator, card, engine };
  const server = deviceServer(asked);
  return {
    model: unmeasuredModel(asked),
    degrees: server.degrees,
    source: {
      kind: 'device_file',
      accelerator: file.accelerator,
      digest: file.digest,
      engine: server.engine,
      model_kind: server.kind,
      fits: device.fits.length,
      without: [...without],
      degrees: server.degrees,
    },
  };
}
