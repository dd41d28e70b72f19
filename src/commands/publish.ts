import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { DEVICE_FILE, readDevice } from '../fitfile/device-read.ts';
import { staleProblem } from '../fitfile/device-stale.ts';
import { writeDevices } from '../fitfile/device-write.ts';
import { listDevices } from '../fitfile/index-file.ts';
import { writeIndex } from '../fitfile/index-file-write.ts';
import { type Publication, preparePublication } from '../fitfile/publish.ts';
import { planPublication, writePublication } from '../fitfile/publish-write.ts';
import { readFit } from '../fitfile/read.ts';
import { privateKeyFrom } from '../fitfile/sign.ts';
import { writeNewKey } from '../fitfile/sign-key-file.ts';
import { counted } from '../plural.ts';
import { styleFor } from '../report/style.ts';
import { readUserFile } from '../suite/load-file.ts';
import { type PublishReport, publishText, refusalLines } from './publish-text.ts';
import { readFits } from './published-fits.ts';

const help = `usage: ridge publish FIT [options]
       ridge publish --devices [--to FOLDER]
       ridge publish --new-key FILE

Publishes a fit file: checks that it may be (a real device, enough cells, cells
that were kept from the fit, no drift, a search that converged, examples that
this version reproduces), takes out URLs, host names, command lines, users and
local paths, and writes it as canonical JSON to
FOLDER/ACCELERATOR/MODEL/ENGINE-VERSION-PRECISION.fit.json. FOLDER/index.json is
updated.

  --to FOLDER          default fits
  --devices            make the device files (FOLDER/ACCELERATOR/device.json and
                       FOLDER/any/device.json: what all fits together say of a
                       model, or a device, without one) anew from the fits
  --attribution TEXT   where the data come from and under which terms; kept as
                       written; default: what imported runs say of themselves
  --allow-simulated    publish a fit of simulated endpoints, which is refused
                       otherwise, under FOLDER/simulated-ACCELERATOR/
  --key KEY.pem        sign with this Ed25519 private key
  --new-key FILE       make a key to sign with: FILE is private, FILE.pub is for
                       readers (ridge check --public-key)
  --force              write over another fit that is published there
  --dry-run            print what would be done, write nothing
  --json               what was checked, removed and done, on stdout as JSON

exit: 0 published, or there already; 1 a gate said no; 2 FIT is no good fit
file, or another fit is published there

Example:
  ridge publish runs/2026-01-15-roofline.fit.json --key lab.pem`;

const options = {
  to: { type: 'string', default: 'fits' },
  attribution: { type: 'string' },
  'allow-simulated': { type: 'boolean', default: false },
  key: { type: 'string' },
  'new-key': { type: 'string' },
  devices: { type: 'boolean', default: false },
  force: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export const command: Command = {
  summary: 'check, strip, sign and publish a fit file',
  help,
  async run(argv) {
    const { values: flags, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (flags['new-key'] !== undefined) {
      if (positionals.length > 0) throw new RidgeError('--new-key makes a key and publishes nothing');
      return makeKey(flags['new-key']);
    }
    if (flags.devices) {
      if (positionals.length > 0) throw new RidgeError('--devices makes device files and publishes no fit');
      return makeDevices(flags.to);
    }
    const [file] = positionals;
    if (file === undefined || positionals.length > 1) {
      throw new RidgeError('give one fit file', { mend: 'See ridge publish --help.' });
    }
    if (flags.attribution?.trim() === '') throw new RidgeError('--attribution is empty');
    const key =
      flags.key === undefined
        ? undefined
        : privateKeyFrom(await readUserFile(flags.key, 'private key'), flags.key);
    const { to, attribution, force, 'dry-run': dryRun } = flags;
    const text = await readUserFile(file, 'fit file');
    const allowSimulated = flags['allow-simulated'];
    const publication = preparePublication(text, file, { to, key, attribution, allowSimulated });
    const report = await publish(publication, { to, force, dryRun });
    if (flags.json) console.log(JSON.stringify(report, null, 2));
    else if (report.outcome === 'refused') console.error(refusalLines(file, report.gates).join('\n'));
    else console.log(publishText(report, styleFor(process.stdout)));
    return report.outcome === 'refused' ? EXIT.refused : EXIT.done;
  },
};

interface Wish {
  readonly to: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

async function publish(publication: Publication, { to, force, dryRun }: Wish): Promise<PublishReport> {
  const { file, fit, gates, removed } = publication;
  const { digest, signature = null, simulated } = fit;
  const attribution = fit.published?.attribution ?? null;
  const facts = {
    ...{ file, digest, gates, removed, signature, simulated, attribution },
    would_be: null,
    stale_devices: [],
  };
  if (gates.some(({ passed }) => !passed)) return { ...facts, outcome: 'refused' };
  if (dryRun) {
    const { outcome } = await planPublication(publication, force);
    return { ...facts, outcome: 'dry_run', would_be: outcome };
  }
  const outcome = await writePublication(publication, force);
  const { damaged } = await writeIndex(to);
  for (const error of damaged) console.error(`ridge: left out of the index: ${error.toLines().join('\n')}`);
  return {
    ...facts,
    outcome,
    signature: (await readFit(file)).signature ?? null,
    stale_devices: await staleDevices(to),
  };
}

/** Device files that were made from other fits than now lie there. */
async function staleDevices(folder: string): Promise<string[]> {
  const places = await listDevices(folder);
  if (places.length === 0) return [];
  const fits = await readFits(folder).catch(() => []);
  const checked = await Promise.all(
    places.map(async (place) => {
      const file = join(folder, place);
      const device = await readDevice(file).catch(() => null);
      return device && staleProblem(device, fits, file, folder) ? [file] : [];
    }),
  );
  return checked.flat();
}

async function makeDevices(folder: string): Promise<number> {
  await writeDevices(folder, ({ accelerator, fits, left_out }) => {
    const file = join(folder, accelerator, DEVICE_FILE);
    console.log(`${file}: ${counted(fits.length, 'fit')}, ${left_out.length} left out in turn`);
  });
  return EXIT.done;
}

async function makeKey(file: string): Promise<number> {
  const { publicFile, fingerprint } = await writeNewKey(file);
  console.log(`private key  ${file} (keep it to yourself)`);
  console.log(`public key   ${publicFile}`);
  console.log(`fingerprint  ${fingerprint}`);
  return EXIT.done;
}
