import { RidgeError } from '../errors.ts';
import type { InformativeCell } from '../plan/information.ts';
import { wholeFlag } from './flags.ts';

/** A prediction that is to become certain; without a tensor parallel size: on every one that is there. */
export interface Asked extends InformativeCell {
  readonly tensor_parallel: number | null;
}

const AXES = ['input', 'output', 'concurrency', 'tp'] as const;
type Axis = (typeof AXES)[number];

/**
 * `input=4096,output=512,concurrency=16` and, where one size is meant, `tp=2`.
 * @throws RidgeError (exit 2) naming what is missing or unknown
 */
export function askedFlag(text: string): Asked {
  const given = new Map<Axis, number>();
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=').map((each) => each.trim());
    const axis = AXES.find((known) => known === name);
    if (axis === undefined) throw badFor(`'${name}' is none of ${AXES.join(', ')}`);
    if (given.has(axis)) throw badFor(`${axis} stands twice`);
    given.set(axis, wholeFlag(`for: ${axis}`, value, 1));
  }
  const needed = (axis: Axis): number => {
    const value = given.get(axis);
    if (value === undefined) throw badFor(`${axis} is missing`);
    return value;
  };
  return {
    input_tokens: needed('input'),
    output_tokens: needed('output'),
    concurrency: needed('concurrency'),
    tensor_parallel: given.get('tp') ?? null,
  };
}

const badFor = (what: string): RidgeError =>
  new RidgeError(`--for: ${what}`, { mend: 'For example --for input=4096,output=512,concurrency=16,tp=1.' });
