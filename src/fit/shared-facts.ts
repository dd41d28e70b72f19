import type { Accelerator } from '../accelerator/accelerator.ts';
import { bindCard } from '../accelerator/peaks.ts';
import { RidgeError } from '../errors.ts';
import type { ModelCard } from '../model/card.ts';
import type { RunTarget } from '../run/schema.ts';
import { modelDifferences } from './same-model.ts';

/** What the targets of one fit have in common. */
export interface SharedFacts {
  readonly accelerator: Accelerator;
  /** Bound to the accelerator's peaks; its limit on lengths is the longest that any of the servers takes. */
  readonly card: ModelCard;
  readonly engine: RunTarget['engine'];
}

interface KnownTarget {
  readonly name: string;
  readonly accelerator: Accelerator;
  readonly card: ModelCard;
  readonly engine: RunTarget['engine'];
}

/**
 * Facts that one fit needs and its targets share.
 * @throws RidgeError (exit 2) naming the key of the lab file that a target lacks, or what the targets do not share
 */
export function sharedFacts(targets: readonly RunTarget[]): SharedFacts {
  const known = targets.map((target) => ({
    name: target.name,
    accelerator: required(target, 'accelerator', target.accelerator),
    card: required(target, 'model_config', target.model_card),
    engine: target.engine,
  }));
  const [first, ...others] = known;
  if (!first) throw new RidgeError('the runs hold no target', { mend: 'Give the folder of a finished run.' });
  for (const other of others) checkSame(first, other);
  const card = { ...first.card, max_length_tokens: longest(known.map((one) => one.card.max_length_tokens)) };
  return { accelerator: first.accelerator, card: bindCard(card, first.accelerator), engine: first.engine };
}

/** @throws RidgeError (exit 2) naming the key of the lab file when the value is not known */
export function required<Value>(target: RunTarget, key: string, value: Value | null): Value {
  if (value !== null) return value;
  throw new RidgeError(`target '${target.name}' has no ${key}, and a fit needs it`, {
    mend:
      target.definition === null
        ? `Import again with --${key.replaceAll('_', '-')}.`
        : `Say it in the lab file under targets.${target.name}.${key} (or by the flag of ridge run) and measure again.`,
  });
}

/** Null where one of them has no known limit. */
const longest = (limits: readonly (number | null)[]): number | null =>
  limits.includes(null) ? null : Math.max(...limits.map(Number));

/** Served names are not compared: one model has many, and a quantised one may keep the name. */
function checkSame(first: KnownTarget, other: KnownTarget): void {
  const facts: readonly [string, (one: KnownTarget) => string][] = [
    ['accelerator', (one) => one.accelerator.id],
    ['precision', (one) => one.card.precision],
    ['engine', (one) => `${one.engine.name} ${one.engine.version ?? 'of unknown version'}`],
  ];
  const fact = facts.find(([, read]) => read(first) !== read(other));
  if (fact) throw differ(first, other, `${fact[0]}: ${fact[1](first)}, ${fact[1](other)}`);
  const keys = modelDifferences(first.card, other.card);
  if (keys.length > 0) {
    throw differ(first, other, `model: ${first.card.id}, ${other.card.id} (${keys.join(', ')})`);
  }
}

const differ = (first: KnownTarget, other: KnownTarget, what: string): RidgeError =>
  new RidgeError(`targets '${first.name}' and '${other.name}' differ in ${what}`, {
    mend: 'A fit is for one accelerator, model, precision and engine: choose with --target NAME.',
  });
