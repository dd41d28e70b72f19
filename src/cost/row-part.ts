import type { DeviceCost } from './basis.ts';

/** Device-seconds and cost of a request, by device. */
export interface RowPart {
  readonly device: string;
  readonly role: 'prefill' | 'decode' | 'both';
  readonly device_seconds: number;
  readonly cost: DeviceCost;
}

/** Whatever is made of parts. */
export interface WithParts {
  readonly parts: readonly RowPart[];
}
