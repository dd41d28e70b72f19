import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { styleFor } from '../report/style.ts';
import { writeSvg } from './compare-svg.ts';
import { distserveStudy } from './study-distserve.ts';
import { referenceStudy } from './study-reference.ts';
import { splitwiseStudy } from './study-splitwise.ts';

const help = `usage: ridge study NAME [--svg FILE] [--json]

Re-derives the ratios that published studies give for pairs of accelerators, and
says which reproduce, which do not, and what would have to be true for those:

  reference-2025     cost of B200, H100, Gaudi 3 and MI300X as prefill::decode
                     pairs over H100::H100 (arXiv:2507.19635): with the same
                     efficiency on all, from spec sheets and prices alone, on
                     every cost basis; and from published fits, which are
                     carried to devices without one
  splitwise          requests/s of the four pairs of A100 and H100 machines at
                     equal power and at equal cost, over machines that mix both
                     phases (arXiv:2311.18677), from fits of its measurements
  distserve          requests/s a device gained by splitting the phases over two
                     pools of A100 (arXiv:2401.09670), by a fit carried there

  --svg FILE         bar charts
  --json             everything, on stdout: keys in fits/comparing.md

Example:
  ridge study splitwise --svg splitwise.svg`;

const options = { svg: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

const STUDIES = {
  'reference-2025': referenceStudy,
  splitwise: splitwiseStudy,
  distserve: distserveStudy,
} as const;
const NAMES = Object.keys(STUDIES) as (keyof typeof STUDIES)[];

export const command: Command = {
  summary: 're-derive published comparisons of accelerator pairs',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (positionals.length !== 1) {
      throw new RidgeError('give one study', { mend: `Studies: ${NAMES.join(', ')}.` });
    }
    const name = NAMES.find((each) => each === positionals[0]);
    if (name === undefined) throw new RidgeError(`'${positionals[0]}' is none of ${NAMES.join(', ')}`);
    const study = await STUDIES[name]();
    if (flags.svg !== undefined) await writeSvg(flags.svg, study.svg());
    console.log(flags.json ? JSON.stringify(study.json, null, 2) : study.text(styleFor(process.stdout)));
    return EXIT.done;
  },
};
