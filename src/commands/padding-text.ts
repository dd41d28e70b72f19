import type { Fit } from '../fitfile/schema.ts';
import { counted } from '../plural.ts';
import { formatNumber } from '../report/format.ts';
import type { Padding } from '../roofline/padding.ts';

type Section = NonNullable<Fit['padding']>;

const WHERE: Readonly<Record<Section['targets'][number]['source'], string>> = {
  log: "read from the server's log",
  config: 'as the server or the lab states',
  detected: 'seen as a staircase in the cells',
};

/** `9 batch sizes to 256, 7 prompt sizes to 8192 tokens`. */
export function sizesText({ batch, query, kv_blocks, context_blocks = null }: Padding): string {
  const said = (sizes: readonly number[] | null, what: string, unit = ''): string[] =>
    sizes === null ? [] : [`${counted(sizes.length, what)} to ${sizes.at(-1)}${unit}`];
  return [
    ...said(batch, query === null ? 'graph size' : 'batch size'),
    ...said(query, 'prompt size', ' tokens'),
    ...said(kv_blocks, 'KV size', ' blocks'),
    ...said(context_blocks, 'context size', ' blocks'),
  ].join(', ');
}

/** What steps are padded to in a fit, and what that does to its errors; null: nothing is known of padding. */
export function paddingText({ padding }: Pick<Fit, 'padding'>): string | null {
  const first = padding?.targets[0];
  if (!padding || !first) return null;
  const { used, with: padded, without } = padding;
  const unseen = padded.hold_out && without.hold_out ? 'hold_out' : 'left_out';
  const errors = (scores: Section['with']): string => {
    const { ttft_mape, tpot_mape } = scores[unseen] ?? scores.in_sample;
    return `TTFT ${formatNumber(ttft_mape)} %, TPOT ${formatNumber(tpot_mape)} %`;
  };
  const which =
    padded[unseen] === null ? 'in sample' : unseen === 'hold_out' ? 'kept cells' : 'cells left out';
  const kept = used ? 'used' : 'not used: cells are explained better without';
  return `padding (${kept}): ${sizesText(first)}, ${WHERE[first.source]}; ${which} ${errors(padded)} with it, ${errors(without)} without`;
}

/** What the cells leave open of it, and what would tell. */
export const paddingQuestionText = ({ open_questions = [] }: Pick<Fit, 'open_questions'>): string[] =>
  open_questions.map(({ about, why, cell }) => `open, ${about}: ${why}. It would tell: ${cell}`);

/** The line of a prediction whose steps are padded; null: they are not. */
export function paddedPredictionText({ padding }: Pick<Fit, 'padding'>): string | null {
  const first = padding?.used ? padding.targets[0] : undefined;
  return first === undefined ? null : `steps are padded: ${sizesText(first)} (${WHERE[first.source]})`;
}
