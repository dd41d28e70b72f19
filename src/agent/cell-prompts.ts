import type { EndpointIdentity } from '../endpoint/identity.ts';
import { type PromptSource, randomIdPrompts } from '../endpoint/prompts.ts';
import { chatPrompts } from '../endpoint/prompts-chat.ts';
import { labTextPrompts, textIdPrompts } from '../endpoint/text-prompts.ts';
import { workTitles } from '../endpoint/texts/library.ts';
import { TEXT_EDITION } from '../suite/sampling.ts';
import { accessOf } from './identify.ts';
import type { AgentTarget, CellTask } from './protocol.ts';

type PromptTask = Pick<CellTask, 'protocol' | 'input_tokens' | 'vocabulary_size'>;

/** Makes the prompts of a cell as its protocol asks for them. */
export function promptsFor(
  target: AgentTarget,
  endpoint: EndpointIdentity,
  task: PromptTask,
): Promise<PromptSource> | PromptSource {
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

/** What the prompts were made of, for the record. */
export function promptFacts({ api }: AgentTarget, { protocol }: PromptTask): Record<string, unknown> {
  const kind = api === 'chat' ? 'chat_text' : (protocol.prompt ?? 'random_ids');
  const isShipped = kind === 'chat_text' || kind === 'text_ids';
  return { kind, ...(isShipped && { text: TEXT_EDITION, works: workTitles() }) };
}
