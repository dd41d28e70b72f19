import type { RequestSpec } from '../load/port.ts';
import type { SenderOptions } from './sender.ts';
import type { ClientCounts } from './socket-counts.ts';
import type { TravellingTimeline } from './travelling-timeline.ts';

/** One request on its way to a sender's thread. */
export interface SendOrder {
  readonly spec: RequestSpec;
  readonly body: string;
}

/** To the thread. It is opened, ordered about and closed, again and again. */
export type SenderAsk =
  | { readonly kind: 'open'; readonly options: SenderOptions }
  /** Everything that came up in one turn of the loop. */
  | {
      readonly kind: 'orders';
      readonly sends: readonly SendOrder[];
      /** Sequence numbers of requests to abort. */
      readonly aborts: readonly number[];
      readonly wantCounts: boolean;
    }
  /** Only when no request is in flight. */
  | { readonly kind: 'close' };

/** From the thread; times on the host's clock. */
export type SenderReport =
  | { readonly kind: 'opened' }
  | { readonly kind: 'ended'; readonly timelines: readonly TravellingTimeline[] }
  | { readonly kind: 'counts'; readonly counts: ClientCounts }
  | { readonly kind: 'closed' };
