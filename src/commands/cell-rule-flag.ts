import { RidgeError } from '../errors.ts';
import { type CellRule, RULE_AXES } from '../fitfile/cell-rules.ts';
import { wholeFlag } from './flags.ts';

/**
 * `tp=4` or `concurrency=32|64` from a flag.
 * @throws RidgeError (exit 2) naming the axes
 */
export function cellRuleFlag(flag: string, text: string): CellRule {
  const [name, values] = splitOnce(text, '=');
  const axis = RULE_AXES.find((each) => each === name);
  if (!axis || values === undefined || values === '') {
    throw new RidgeError(`--${flag}: '${text}' is not AXIS=VALUE`, {
      mend: 'Use input=N, output=N, concurrency=N, tp=N or target=NAME; several values as N|N.',
    });
  }
  const texts = values.split('|');
  return { axis, values: axis === 'target' ? texts : texts.map((value) => wholeFlag(flag, value, 1)) };
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
