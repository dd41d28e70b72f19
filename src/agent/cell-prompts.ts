import type { EndpointIdentity } from '../endpoint/identity.ts';
import { type PromptSource, randomIdPrompts, sharedPrefixPrompts } from '../endpoint/prompts.ts';
import { chatPrompts } from '../endpoint/prompts-chat.ts';
import { labTextPrompts, textIdPrompts } from '../endpoint/text-prompts.ts';
import { workTitles } from '../endpoint/texts/library.ts';
import { RidgeError } from '../errors.ts';
import { TEXT_EDITION } from '../suite/sampling.ts';
import { accessOf } from './identify.ts';
import type { AgentTarget, CellTask } from './protocol.ts';

type PromptTask = Pick<CellTask, 'protocol' | 'input_tokens' | 'cached_input_tokens' | 'vocabulary_size'>;

/** Makes the prompts of a cell as its protocol asks for them. */
export function promptsFor(
  target: AgentTarget,
  endpoint: EndpointIdentity,
  task: PromptTask,
): Promise<PromptSource> | PromptSource {
  const { cached_input_tokens: cached } = task;
  if (cached !== undefined) return withPrefix(target, endpoint, task, cached);
  if (target.api === 'chat') return chatPrompts(accessOf(target), endpoint.model.id, task.input_tokens);
  switch (task.protocol.prompt) {
    case 'text_ids':
      return textIdPrompts(accessOf(target), endpoint.model.id);
    case 'lab_text':
      return labTextPrompts(accessOf(target), endpoint.model.id, target.prompts ?? []);
    default:
      return randomIdPrompts(task.vocabulary_size);
  }
}

/** Prompts with a beginning in common are made of ids: a text is cut where its tokens end. */
async function withPrefix(
  target: AgentTarget,
  endpoint: EndpointIdentity,
  { protocol, vocabulary_size }: PromptTask,
  cached: number,
): Promise<PromptSource> {
  if (target.api === 'chat' || protocol.prompt === 'lab_text') {
    throw new RidgeError(
      'cached cells need prompts of token ids: a text does not begin with whole KV blocks',
      {
        mend: 'Leave api: chat and prompt: lab_text out for them.',
      },
    );
  }
  const text = protocol.prompt === 'text_ids';
  const source = text
    ? await textIdPrompts(accessOf(target), endpoint.model.id)
    : randomIdPrompts(vocabulary_size);
  return sharedPrefixPrompts(source, cached);
}

/** What the prompts were made of, for the record. */
export function promptFacts({ api }: AgentTarget, { protocol }: PromptTask): Record<string, unknown> {
  const kind = api === 'chat' ? 'chat_text' : (protocol.prompt ?? 'random_ids');
  const isShipped = kind === 'chat_text' || kind === 'text_ids';
  return { kind, ...(isShipped && { text: TEXT_EDITION, works: workTitles() }) };
}
