import { writeDevices } from '../src/fitfile/device-write.ts';

/** Makes `fits/ACCELERATOR/device.json` and `fits/any/device.json` anew from the published fits; no measurements are needed. */
await writeDevices('fits', ({ accelerator, fits, left_out }) => {
  console.log(`${accelerator}: ${fits.length} fits`);
  for (const { fit, tpot_ms, ttft_ms } of left_out) {
    console.log(`  ${fit}: TPOT ${tpot_ms?.mape.toFixed(1)} %, TTFT ${ttft_ms?.mape.toFixed(1)} %`);
  }
});
