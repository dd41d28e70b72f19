import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDevice } from '../src/fitfile/device-build.ts';
import { DEVICE_FILE } from '../src/fitfile/device-read.ts';
import { ANY_DEVICE } from '../src/fitfile/device-schema.ts';
import { listFits } from '../src/fitfile/index-file.ts';
import { writeIndex } from '../src/fitfile/index-file-write.ts';
import { parseFit } from '../src/fitfile/parse.ts';
import { canonicalJson } from '../src/stats/canonical-json.ts';

/** Makes `fits/ACCELERATOR/device.json` and `fits/any/device.json` anew from the published fits; no measurements are needed. */
const FOLDER = 'fits';

const fits = await Promise.all(
  (await listFits(FOLDER)).map(async (path) => parseFit(await readFile(join(FOLDER, path), 'utf8'), path)),
);
const devices = [...new Set(fits.map(({ accelerator }) => accelerator.id))].sort();
for (const accelerator of [...devices, ANY_DEVICE]) {
  const device = buildDevice(fits, accelerator);
  await mkdir(join(FOLDER, accelerator), { recursive: true });
  await writeFile(join(FOLDER, accelerator, DEVICE_FILE), `${canonicalJson(device)}\n`);
  console.log(`${accelerator}: ${device.fits.length} fits`);
  for (const { fit, tpot_ms, ttft_ms } of device.left_out) {
    console.log(`  ${fit}: TPOT ${tpot_ms?.mape.toFixed(1)} %, TTFT ${ttft_ms?.mape.toFixed(1)} %`);
  }
}
await writeIndex(FOLDER);
