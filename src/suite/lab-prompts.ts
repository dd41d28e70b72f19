import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { RidgeError } from '../errors.ts';
import { digestOf } from './digest.ts';

/** One prompt of a lab: its text, or the ids of its tokens. */
export const labPromptSchema = z.union([
  z.object({ text: z.string().min(1) }),
  z.object({ ids: z.array(z.int().min(0)).min(1) }),
]);
export type LabPrompt = z.infer<typeof labPromptSchema>;

/** They travel to the agent in one message. */
const LARGEST_BYTES = 16 * 2 ** 20;

/**
 * Reads a lab's own prompts: JSON lines `{"text": "..."}` or `{"ids": [...]}`.
 * @throws RidgeError (exit 2) with file:line of the first that is neither
 */
export async function readLabPrompts(
  file: string,
): Promise<{ readonly prompts: LabPrompt[]; readonly digest: string }> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new RidgeError('the prompts of the lab file cannot be read', { where: file, cause });
  });
  if (text.length > LARGEST_BYTES) {
    throw new RidgeError(`more than ${LARGEST_BYTES / 2 ** 20} MiB of prompts`, {
      where: file,
      mend: 'Cells read random pieces of them: a part is enough.',
    });
  }
  const prompts = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const parsed = labPromptSchema.safeParse(jsonOf(line));
    if (parsed.success) return [parsed.data];
    throw new RidgeError('a line that is no prompt', {
      where: `${file}:${index + 1}`,
      mend: 'Write {"text": "..."} or {"ids": [...]} on every line.',
    });
  });
  if (prompts.length === 0) throw new RidgeError('no prompt in this file', { where: file });
  return { prompts, digest: digestOf(prompts) };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
