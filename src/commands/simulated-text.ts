import type { Fit } from '../fitfile/schema.ts';

/** What a reader of a simulated fit must know before any figure of it; null for a fit of real devices. */
export const simulatedText = ({ simulated, accelerator }: Pick<Fit, 'simulated' | 'accelerator'>) =>
  simulated
    ? `SIMULATED: measured on ridge's simulated endpoint; it says nothing of a real ${accelerator.name ?? accelerator.id}`
    : null;
