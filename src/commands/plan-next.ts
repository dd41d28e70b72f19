import { RidgeError } from '../errors.ts';
import { CRITERIA, type Criterion } from '../fit/next-cells.ts';
import type { NextTarget } from '../fit/next-sites.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import type { ModelCard } from '../model/card.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { type TargetFacts, targetModel } from '../plan/facts.ts';
import { counted } from '../plural.ts';
import { styleFor } from '../report/style.ts';
import { loadSuite } from '../suite/load-suite.ts';
import { askedFlag } from './asked-flag.ts';
import { wholeFlag, wholeListFlag } from './flags.ts';
import { isDeviceName, isDeviceOrName, type KnownDevice, knownDevice } from './known-device.ts';
import { modelFlag } from './model-flag.ts';
import { fitSubject, type NextSubject, unmeasuredSubject } from './next-subject.ts';
import { planFacts } from './plan-facts.ts';
import { type NextCells, nextCells } from './plan-next-cells.ts';
import { writeNextSuite } from './plan-next-suite.ts';
import { nextJson, nextText } from './plan-next-text.ts';
import type { TargetFlagTexts } from './run-inputs.ts';

export type NextFlags = TargetFlagTexts & {
  readonly count?: string | undefined;
  readonly for?: readonly string[] | undefined;
  readonly criterion?: string | undefined;
  readonly out?: string | undefined;
  readonly json: boolean;
};

const DEFAULT_COUNT = 8;

/**
 * `ridge plan --next`: prints the cells that a fit, or a server without one, lacks most, and writes them as a suite where asked to.
 * @param of a fit file, a device file, or an accelerator's name: a model that was never measured there
 * @throws RidgeError (exit 2) for files that do not load, and flags that do not go together
 */
export async function planNext(of: string, suiteFile: string | undefined, flags: NextFlags): Promise<void> {
  const { subject, targets } = await questionOf(of, flags);
  const suite = suiteFile === undefined ? null : await loadSuite(suiteFile);
  const next = nextCells({
    subject,
    suite,
    targets,
    asked: (flags.for ?? []).map(askedFlag),
    criterion: criterionFlag(flags.criterion ?? 'i'),
    count: wholeFlag('count', flags.count ?? String(DEFAULT_COUNT), 1),
  });
  if (flags.out !== undefined) await writeNextSuite(flags.out, next, suite?.suite ?? null);
  if (flags.json) console.log(JSON.stringify(nextJson(subject, next), null, 2));
  else console.log(nextText(next, subject.said, styleFor(process.stdout), process.stdout.columns));
  if (flags.out !== undefined) sayWritten(flags.out, next);
}

function sayWritten(file: string, { cells }: NextCells): void {
  if (cells.length > 0) console.error(`suite ${file}`);
}

export function criterionFlag(text: string): Criterion {
  const found = CRITERIA.find((known) => known === text);
  if (found) return found;
  throw new RidgeError(`--criterion: '${text}' is neither i nor d`, {
    mend: 'i: the asked predictions become certain; d: all parameters together.',
  });
}

interface NextAsked {
  readonly subject: NextSubject;
  readonly targets: readonly NextTarget[];
}

async function questionOf(of: string, flags: NextFlags): Promise<NextAsked> {
  const named = flags.lab !== undefined || flags.target !== undefined;
  const facts = named ? (await planFacts(flags)).facts : null;
  const device = await deviceOf(of, named ? undefined : flags.accelerator);
  if (device === null) return fitQuestion(await readFit(of), facts, flags);
  const card = facts === null ? await askedCard(flags) : facts.find((one) => one.card !== null)?.card;
  if (!card)
    throw new RidgeError('no target of the lab file says its model', { mend: 'Say it there: model.' });
  const subject = unmeasuredSubject({ ...device, card });
  return { subject, targets: facts ? factTargets(subject, facts) : sizeTargets(subject, flags.tp ?? '1') };
}

/** Null: it is a fit file. */
async function deviceOf(of: string, accelerator: string | undefined): Promise<KnownDevice | null> {
  if (!(await isDeviceOrName(of))) return null;
  return isDeviceName(of)
    ? knownDevice({ file: undefined, accelerator: of })
    : knownDevice({ file: of, accelerator });
}

async function askedCard(flags: NextFlags): Promise<ModelCard> {
  const model = flags['model-config'] ?? flags.model;
  if (model !== undefined) return modelFlag(model, undefined);
  throw new RidgeError('--next of a device needs a model', { mend: 'Name it: --model mistral-large.' });
}

/** The targets of the command line; else those of the fit, at its tensor parallel sizes or those of --tp. */
function fitQuestion(fit: Fit, facts: readonly TargetFacts[] | null, flags: NextFlags): NextAsked {
  const subject = fitSubject(fit);
  if (facts !== null) return { subject, targets: factTargets(subject, facts) };
  const stray = (['accelerator', 'model', 'model-config'] as const).find((name) => flags[name] !== undefined);
  if (stray !== undefined) {
    throw new RidgeError(`--${stray} belongs to --target here`, {
      mend: 'The fit file says which accelerator and model it is of.',
    });
  }
  const sizes = [...new Set(fit.targets.map((target) => target.tensor_parallel))].sort((a, b) => a - b);
  return { subject, targets: sizeTargets(subject, flags.tp ?? sizes.join()) };
}

const factTargets = (subject: NextSubject, facts: readonly TargetFacts[]): NextTarget[] =>
  facts.map((one) => {
    const { card } = subject.model;
    const model = targetModel(one);
    if (model !== null && model.card.id !== card.id) {
      throw new RidgeError(`target '${one.name}' serves ${model.card.id}, the fit is of ${card.id}`, {
        mend: "Say the target's model with --model or in the lab file, or take the fit of that model.",
      });
    }
    const settings = subject.settingsAt(one.tensorParallel);
    const engine = {
      ...settings,
      maxNumBatchedTokens: one.maxNumBatchedTokens ?? settings.maxNumBatchedTokens,
      maxNumSeqs: one.maxNumSeqs ?? settings.maxNumSeqs,
      kvCapacityTokens: one.kvCapacityTokens ?? settings.kvCapacityTokens,
    };
    return { name: one.name, engine, maxLengthTokens: one.maxLengthTokens, power: one.power ?? null };
  });

function sizeTargets({ model: { card }, settingsAt }: NextSubject, tp: string): NextTarget[] {
  const sizes = wholeListFlag('tp', tp, 1);
  for (const size of sizes) {
    requireEvenHeads(card, size, '--tp');
    if (settingsAt(size).kvCapacityTokens > 0) continue;
    throw new RidgeError(`--tp: the weights of ${card.id} do not fit ${counted(size, 'device')}`, {
      mend: 'Give larger sizes, for example --tp 4,8.',
    });
  }
  return sizes.map((size) => ({
    name: `TP ${size}`,
    engine: settingsAt(size),
    maxLengthTokens: card.max_length_tokens,
  }));
}
