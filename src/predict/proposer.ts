import { bindCard } from '../accelerator/peaks.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ModelCard } from '../model/card.ts';
import { withDraft } from '../model/draft.ts';
import { kvBytesPerToken, kvShards, weightBytes } from '../model/quantities.ts';
import type { Speculation } from '../roofline/speculation.ts';

/** A fit as a server that speculates has it. */
export interface Speculating {
  readonly fit: Fit;
  /** What of it was not measured, one sentence each. */
  readonly sentences: readonly string[];
}

/** What a loop is asked to have. */
interface Asked {
  readonly speculation?: Speculation | undefined;
  readonly draft?: ModelCard | undefined;
}

const NOT_MEASURED =
  'speculative decoding: its steps are priced by the fit, the acceptance is the one that was given';

/**
 * The fit with what proposes tokens: the draft that is asked for, else the one that was measured, else nothing that costs time
 * (n-grams of the prompt).
 */
export function speculating(fit: Fit, { speculation, draft }: Asked): Speculating {
  if (speculation === undefined) {
    const { draft: measured } = fit;
    const sentences = measured?.plain_cells === 0 ? ['no speculation: every cell had it'] : [];
    return { fit, sentences };
  }
  if (draft === undefined) {
    return { fit, sentences: fit.draft ? outside(fit.draft, speculation) : [NOT_MEASURED] };
  }
  const card = bindCard(withDraft(fit.model_card, draft), fit.accelerator);
  const measured = fit.model_card.draft;
  // What was measured without a card is all that its draft costs.
  const { draft: section, ...rest } = fit;
  if (section === undefined || measured === undefined) {
    return { fit: { ...withoutCosts(rest), model_card: card }, sentences: [NOT_MEASURED] };
  }
  const other =
    measured.id === draft.id ? [] : [`the draft ${draft.id} was not measured (${measured.id} was)`];
  return { fit: { ...fit, model_card: card }, sentences: [...other, ...outside(section, speculation)] };
}

/** Counters of a window tell an acceptance about so well, and steps depend on it through their number alone. */
const ACCEPTANCE_SCATTER = 0.05;

function outside({ draft_tokens, acceptance }: NonNullable<Fit['draft']>, asked: Speculation): string[] {
  const [fewest, most] = [Math.floor(draft_tokens[0]), Math.ceil(draft_tokens[1])];
  const [low, high] = [acceptance[0] - ACCEPTANCE_SCATTER, acceptance[1] + ACCEPTANCE_SCATTER];
  const isSeen = asked.acceptance >= low && asked.acceptance <= high;
  const sentence = (name: string, value: number, [low, high]: readonly [number, number]): string[] =>
    value >= low && value <= high ? [] : [`${name} ${value} is outside ${short(low)} to ${short(high)}`];
  return [
    ...sentence('proposed tokens', asked.draftTokens, [fewest, most]),
    ...(isSeen ? [] : sentence('acceptance', asked.acceptance, acceptance)),
  ];
}

const short = (value: number): string => String(Number(value.toPrecision(2)));

/** The covariance without the columns of costs that no longer hold. */
function withoutCosts(fit: Omit<Fit, 'draft'>): Omit<Fit, 'draft'> {
  const { names, matrix, correlations } = fit.covariance;
  const kept = names.flatMap((name, column) => (name.startsWith('draft_') ? [] : [column]));
  const square = (values: readonly (readonly number[])[]): number[][] =>
    kept.map((row) => kept.map((column) => values[row]![column]!));
  return {
    ...fit,
    covariance: {
      ...fit.covariance,
      names: kept.map((column) => names[column]!),
      matrix: square(matrix),
      correlations: square(correlations),
    },
  };
}

/** KV tokens of a server: a draft that was not on the measured one takes a part of its memory. */
export const capacityOf = (measured: Fit, served: Fit, tokens: number, tensorParallel: number): number =>
  served.model_card.draft === measured.model_card.draft
    ? tokens
    : capacityBeside(served.model_card, tokens, tensorParallel);

/** KV tokens that are left of a server's where a draft and its KV lie beside the model. */
export function capacityBeside(card: ModelCard, tokens: number, tensorParallel: number): number {
  const { draft } = card;
  if (draft === undefined) return tokens;
  const copies = tensorParallel / kvShards(card, tensorParallel);
  const [own, more] = [copies * kvBytesPerToken(card), copies * kvBytesPerToken(draft)];
  return Math.max(0, (tokens * own - weightBytes(draft)) / (own + more));
}
