import type { Workload } from '../workload.ts';
import type { GraphStage } from './graph-schema.ts';

/** Requests of a stage, as searches of pairings have them. */
export const workloadOf = (stage: GraphStage): Workload => {
  const { input = 1, output = 1, cached_input, speculation } = stage;
  return {
    input,
    output,
    ...(cached_input && { cached_input }),
    ...(speculation && {
      speculation: { draftTokens: speculation.draft_tokens, acceptance: speculation.acceptance },
    }),
  };
};
