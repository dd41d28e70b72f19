import type { Fit } from './schema.ts';

/** Longest name of a file or folder that every file system takes, less what stands around a piece. */
const LONGEST_PIECE = 100;

/** A name from outside as one piece of a path: it cannot leave its folder, hide, or name a device. */
const piece = (name: string | null | undefined): string =>
  (name ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, '-')
    .replace(/^[-._]+|[-._]+$/g, '')
    .slice(0, LONGEST_PIECE) || 'unknown';

/**
 * Where a fit is published under its folder: `accelerator/model/engine-version-precision.fit.json`, with slashes; a
 * simulated one under `simulated-accelerator`, so that nobody takes it for the device.
 */
export function publishedPath({
  accelerator,
  model_card,
  engine,
  simulated,
}: Pick<Fit, 'accelerator' | 'model_card' | 'engine' | 'simulated'>): string {
  const file = [engine.name, engine.version, model_card.precision].map(piece).join('-');
  const device = `${simulated ? 'simulated-' : ''}${piece(accelerator.id)}`;
  return `${device}/${piece(model_card.id)}/${file}.fit.json`;
}
