import type { Observation } from '../observations.ts';
import type { Asked, OpenQuestion } from './open-question.ts';
import { kernelOf } from './step-kinds.ts';

/** Questions about work that no step did: too long, too many, too full. */
export const unseenWork = (asked: Asked): OpenQuestion[] =>
  [chunkBudget, kvCapacity, batchSizes, promptLengths].flatMap((question) => question(asked));

const modelLength = ({ targets }: Asked): number =>
  Math.max(0, ...targets.map(({ model }) => model.max_length_tokens ?? 0));

const longestPrompt = ({ observations }: Asked): number =>
  Math.max(
    ...observations.map(({ input_tokens, driving }) =>
      Math.round(input_tokens * (driving?.kind === 'steady' ? (driving.input_spread?.[1] ?? 1) : 1)),
    ),
  );

const SHORT_ANSWER = 64;

function chunkBudget(asked: Asked): OpenQuestion[] {
  const { observations, targets } = asked;
  const budgets = observations.flatMap(({ steps = [] }) => steps.map(({ budget }) => budget));
  const longest = Math.max(...observations.map(({ input_tokens }) => input_tokens));
  const [budget] = budgets;
  if (!budget || budgets.some(({ read }) => read !== null) || longest > budget.tokens) return [];
  const most = Math.max(...budgets.map(({ at_least }) => at_least));
  const stated = targets.some(({ settings }) => settings.max_num_batched_tokens.value !== null);
  const input = Math.min(2 * budget.tokens, Math.max(longest, modelLength(asked) - SHORT_ANSWER));
  return [
    {
      about: 'chunk_budget',
      why: `no prompt was cut, one step had ${most} tokens: that it may have ${budget.tokens} is ${stated ? "the server's word" : 'assumed'}`,
      cell: `prompts that a step cannot hold: input ${input}, output ${SHORT_ANSWER}, concurrency ${input > budget.tokens ? 4 : 16}`,
    },
  ];
}

/** Fuller than this, an engine begins to wait for room. */
const FULL_SHARE = 0.9;

function kvCapacity({ observations }: Asked): OpenQuestion[] {
  const share = Math.max(...observations.map((one) => heldTokens(one) / one.engine.kvCapacityTokens));
  if (share >= FULL_SHARE) return [];
  return [
    {
      about: 'kv_capacity',
      why: `the KV cache was ${(100 * share).toFixed(0)} % full at most: what the engine does where it is full was not seen`,
      cell: 'load: { kv_fill: [1.05] } with input 4096, output 1024',
    },
  ];
}

/** Most tokens in the KV cache: as the steps show, else what all streams together hold at their ends. */
function heldTokens(one: Observation): number {
  if (!one.steps) return one.concurrency * (one.input_tokens + one.output_tokens);
  const loads = one.steps.flatMap(({ groups }) => groups.flatMap((group) => group.loads));
  return loads.reduce((most, { decodes, decodeContext, prefills }) => {
    const prompts = prefills.reduce((sum, { tokens, context }) => sum + tokens + context, 0);
    return Math.max(most, decodes * decodeContext + prompts);
  }, 0);
}

function batchSizes({ observations, targets }: Asked): OpenQuestion[] {
  const seen = new Set(observations.flatMap(batchesOf));
  const largest = Math.max(0, ...seen);
  const gaps = gapsBelow(largest, seen);
  const seats = Math.max(0, ...targets.map(({ settings }) => settings.max_num_seqs.value ?? 0));
  const above = seats > largest ? [seats] : [];
  if (gaps.length + above.length === 0) return [];
  const sizes = [
    ...gaps.map(([least, most]) => `of ${least} to ${most}`),
    ...above.map((most) => `above ${largest} (the server takes ${most})`),
  ];
  return [
    {
      about: 'batch_sizes',
      why: `no batch ${sizes.join(', or ')} only decoded: kernels of a size differ from their neighbours`,
      cell: `concurrency ${[...gaps.map(([, most]) => most), ...above].join(', ')}`,
    },
  ];
}

/** Sizes whose kernels nothing ran, as ranges. */
function gapsBelow(largest: number, seen: ReadonlySet<number>): [number, number][] {
  const gaps: [number, number][] = [];
  for (let size = 1; size <= largest; size += 1) {
    if (seen.has(batchKernel(size))) continue;
    const last = gaps.at(-1);
    if (last?.[1] === size - 1) last[1] = size;
    else gaps.push([size, size]);
  }
  return gaps;
}

/** Largest batch of the kernels of each batch that decoded. */
const batchesOf = ({ steps, concurrency }: Observation): number[] =>
  steps
    ? steps.flatMap(({ groups }) =>
        groups.flatMap(({ kernel }) => (kernel.kind === 'decode' ? [kernel.most] : [])),
      )
    : [batchKernel(concurrency)];

const batchKernel = (decodes: number): number => kernelOf({ prefills: [], decodes, decodeContext: 1 }).most;

/** A prompt that is so much longer takes attention somewhere else. */
const LONGER = 1.5;

function promptLengths(asked: Asked): OpenQuestion[] {
  const longest = longestPrompt(asked);
  const takes = modelLength(asked);
  if (takes < LONGER * longest) return [];
  return [
    {
      about: 'prompt_lengths',
      why: `no prompt had more than ${longest} tokens, the server takes ${takes}: attention is extrapolated there`,
      cell: `a long prompt alone: concurrency 1, input ${Math.min(4 * longest, takes - 2)}, output 2`,
    },
  ];
}
