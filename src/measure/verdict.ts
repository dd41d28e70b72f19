import type { CellEvidence } from './evidence.ts';
import { judgeBuckets } from './judge/buckets.ts';
import type { Case, Judge } from './judge/case.ts';
import { invalid } from './judge/case.ts';
import { judgeClientBound } from './judge/client.ts';
import { judgeCompileStall } from './judge/compile-stall.ts';
import { judgeDecodeSteps } from './judge/decode.ts';
import { judgeKvBandwidth, judgeKvFailures, judgeKvMissing } from './judge/kv-transfer.ts';
import {
  judgeConcurrency,
  judgeConvergence,
  judgeLittle,
  judgePhase,
  judgeSamples,
  judgeWindow,
} from './judge/load.ts';
import { judgeModelCard } from './judge/model-card.ts';
import { judgeRate, judgeScheduleLag, overloadReason } from './judge/open.ts';
import {
  judgeChunks,
  judgeFailures,
  judgeFirstChunk,
  judgeInputLength,
  judgeOutputLength,
} from './judge/requests.ts';
import {
  judgeKvUse,
  judgePreemption,
  judgePrefixCache,
  judgeQueue,
  judgeSpeculation,
  judgeTokenCount,
} from './judge/server.ts';
import { cappedWarmUp, judgeSteadiness } from './judge/steadiness.ts';
import { judgeSteps } from './judge/steps.ts';
import type { Reason, Verdict } from './reasons.ts';

export { type Environment, judgeDrift, judgeEnvironment, judgeRouting } from './judge/run-wide.ts';

/** One judge a code, in the order of the table of verdicts; failures are judged apart, since they need no window. */
const JUDGES: readonly Judge[] = [
  judgeOutputLength,
  judgeInputLength,
  judgeTokenCount,
  judgeFirstChunk,
  judgeChunks,
  judgeLittle,
  judgeConcurrency,
  judgePrefixCache,
  judgePreemption,
  judgeKvUse,
  judgeQueue,
  judgePhase,
  judgeSteps,
  judgeScheduleLag,
  judgeClientBound,
  judgeRate,
  judgeKvMissing,
  judgeKvBandwidth,
  judgeKvFailures,
  judgeCompileStall,
  judgeBuckets,
  judgeWindow,
  judgeDecodeSteps,
  judgeSteadiness,
  judgeSamples,
  judgeConvergence,
  judgeModelCard,
  judgeSpeculation,
];

/** A batch that is released at once has no steady load, no residence and no requests by themselves. */
const NOT_OF_BATCHES: ReadonlySet<Judge> = new Set([
  judgeLittle,
  judgeConcurrency,
  judgePhase,
  judgeWindow,
  judgeSteadiness,
  judgeSamples,
]);

/** Nobody holds the requests in flight of an open loop at a number, and they come in bursts on purpose. */
const NOT_OF_OPEN_LOOPS: ReadonlySet<Judge> = new Set([judgeConcurrency, judgePhase]);
/** A trace is over when it is over, and its load changes as it did. */
const NOT_OF_TRACES: ReadonlySet<Judge> = new Set([...NOT_OF_OPEN_LOOPS, judgeConvergence]);

function judgesOf({ kind, open }: CellEvidence): readonly Judge[] {
  if (open !== undefined) {
    const left = open.arrivals.process === 'trace' ? NOT_OF_TRACES : NOT_OF_OPEN_LOOPS;
    return JUDGES.filter((judge) => !left.has(judge));
  }
  if (kind === 'decode') return JUDGES.filter((judge) => !NOT_OF_BATCHES.has(judge));
  return JUDGES;
}

/** All reasons of a cell with a window, each code once. */
export function judgeCase(cell: Case): Reason[] {
  const failures = judgeFailures(cell.evidence);
  const found = judgesOf(cell.evidence)
    .map((judge) => judge(cell))
    .filter((entry) => entry !== null);
  return failures === null ? found : [failures, ...found];
}

/** Reasons of a cell without a window: it ended before, or was overloaded. */
export function judgeWithoutWindow(evidence: CellEvidence): Reason[] {
  const failures = judgeFailures(evidence);
  const overload = evidence.open?.overload ?? null;
  const message =
    overload === null
      ? `the cell ended before its window opened (${evidence.stoppedBy})`
      : 'an overloaded server has no steady window';
  const short = invalid('window_short', message, 0, evidence.residence_s);
  const unsteady =
    overload === null
      ? evidence.warmUpCapped && cappedWarmUp()
      : overloadReason(overload, evidence.open!.arrivals.rate_per_s);
  return [...(failures === null ? [] : [failures]), short, ...(unsteady ? [unsteady] : [])];
}

/** The worst effect decides; notes change nothing. */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  if (reasons.some((entry) => entry.effect === 'invalid')) return 'invalid';
  return reasons.some((entry) => entry.effect === 'flagged') ? 'flagged' : 'valid';
}

/** Whether a fit takes a cell with these reasons. */
export function fitUses(reasons: readonly Reason[]): boolean {
  return reasons.every((entry) => entry.fit === 'use');
}
