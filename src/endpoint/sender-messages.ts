import type { RequestSpec } from '../load/port.ts';
import type { SenderOptions } from './sender.ts';
import type { ClientCounts } from './socket-counts.ts';
import type { TravellingTimeline } from './travelling-timeline.ts';

/** What a sender's thread begins with. */
export type SenderThreadData = SenderOptions;

/** One request on its way to a sender's thread. */
export interface SendOrder {
  readonly spec: RequestSpec;
  readonly body: string;
}

/** To the thread: everything that came up in one turn of the loop. */
export interface SenderOrders {
  readonly sends: readonly SendOrder[];
  /** Sequence numbers of requests to abort. */
  readonly aborts: readonly number[];
  readonly wantCounts: boolean;
}

/** From the thread; times on the host's clock. */
export type SenderReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended'; readonly timelines: readonly TravellingTimeline[] }
  | { readonly kind: 'counts'; readonly counts: ClientCounts };
