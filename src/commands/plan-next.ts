import { RidgeError } from '../errors.ts';
import { CRITERIA, type Criterion } from '../fit/next-cells.ts';
import type { NextTarget } from '../fit/next-sites.ts';
import { settingsFor } from '../fitfile/apply.ts';
import { readFit } from '../fitfile/read.ts';
import type { Fit } from '../fitfile/schema.ts';
import { requireEvenHeads } from '../model/even-heads.ts';
import { targetModel } from '../plan/facts.ts';
import { styleFor } from '../report/style.ts';
import { loadSuite } from '../suite/load-suite.ts';
import { askedFlag } from './asked-flag.ts';
import { wholeFlag, wholeListFlag } from './flags.ts';
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
 * `ridge plan --next FIT`: prints the cells that a fit lacks most, and writes them as a suite where asked to.
 * @throws RidgeError (exit 2) for files that do not load, and flags that do not go together
 */
export async function planNext(
  fitFile: string,
  suiteFile: string | undefined,
  flags: NextFlags,
): Promise<void> {
  const fit = await readFit(fitFile);
  const suite = suiteFile === undefined ? null : await loadSuite(suiteFile);
  const next = nextCells({
    fit,
    suite,
    targets: await targetsOf(fit, flags),
    asked: (flags.for ?? []).map(askedFlag),
    criterion: criterionFlag(flags.criterion ?? 'i'),
    count: wholeFlag('count', flags.count ?? String(DEFAULT_COUNT), 1),
  });
  if (flags.out !== undefined) await writeNextSuite(flags.out, next, suite?.suite ?? null);
  if (flags.json) console.log(JSON.stringify(nextJson(fit, next), null, 2));
  else console.log(nextText(next, styleFor(process.stdout), process.stdout.columns));
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

/** The targets of the command line; else those of the fit, at its tensor parallel sizes or those of --tp. */
async function targetsOf(fit: Fit, flags: NextFlags): Promise<NextTarget[]> {
  if (flags.lab === undefined && flags.target === undefined) return fitTargets(fit, flags);
  const { facts } = await planFacts(flags);
  return facts.map((one) => {
    const model = targetModel(one);
    if (model !== null && model.card.id !== fit.model_card.id) {
      throw new RidgeError(
        `target '${one.name}' serves ${model.card.id}, the fit is of ${fit.model_card.id}`,
        {
          mend: "Say the target's model with --model or in the lab file, or take the fit of that model.",
        },
      );
    }
    const settings = settingsFor(fit, one.tensorParallel);
    const engine = {
      ...settings,
      maxNumBatchedTokens: one.maxNumBatchedTokens ?? settings.maxNumBatchedTokens,
      maxNumSeqs: one.maxNumSeqs ?? settings.maxNumSeqs,
      kvCapacityTokens: one.kvCapacityTokens ?? settings.kvCapacityTokens,
    };
    return { name: one.name, engine, maxLengthTokens: one.maxLengthTokens, power: one.power ?? null };
  });
}

function fitTargets(fit: Fit, flags: NextFlags): NextTarget[] {
  const stray = (['accelerator', 'model', 'model-config'] as const).find((name) => flags[name] !== undefined);
  if (stray !== undefined) {
    throw new RidgeError(`--${stray} belongs to --target here`, {
      mend: 'The fit file says which accelerator and model it is of.',
    });
  }
  const sizes =
    flags.tp === undefined
      ? [...new Set(fit.targets.map((target) => target.tensor_parallel))].sort((a, b) => a - b)
      : wholeListFlag('tp', flags.tp, 1);
  for (const size of sizes) requireEvenHeads(fit.model_card, size, '--tp');
  return sizes.map((size) => ({
    name: `TP ${size}`,
    engine: settingsFor(fit, size),
    maxLengthTokens: fit.model_card.max_length_tokens,
  }));
}
