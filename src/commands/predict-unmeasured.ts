import { EXIT } from '../errors.ts';
import { predictUnmeasured, type UnmeasuredServer } from '../predict/predict-unmeasured.ts';
import type { PredictionShape } from '../predict/prediction-shape.ts';
import { styleFor } from '../report/style.ts';
import { knownDevice, paddingThere, type UnmeasuredFlags } from './known-device.ts';
import { measuredServer } from './measured-server.ts';
import { modelFlag } from './model-flag.ts';
import { unmeasuredText } from './unmeasured-text.ts';

/** Predicts a model that has no fit on a device, prints it, and says by the exit code whether all limits are met. */
export async function showUnmeasured(flags: UnmeasuredFlags, shape: PredictionShape): Promise<number> {
  const server = await (flags.cells ? measuredServer(flags, flags.cells) : unmeasuredServer(flags));
  const prediction = predictUnmeasured(server, shape);
  const { tails = false } = shape;
  console.log(
    flags.json
      ? JSON.stringify(prediction, null, 2)
      : unmeasuredText(prediction, tails, styleFor(process.stdout)),
  );
  return prediction.objectives.some(({ met }) => met === false) ? EXIT.refused : EXIT.done;
}

async function unmeasuredServer(flags: UnmeasuredFlags): Promise<UnmeasuredServer> {
  const card = await modelFlag(flags.model!, flags.precision);
  const known = await knownDevice(flags);
  const { device, accelerator } = known;
  const engine = flags.engine ?? known.engine;
  return { device, accelerator, card, engine, padding: await paddingThere(known, engine) };
}
