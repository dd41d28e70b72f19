import { readHostCalibration } from '../calibrate/calibration-file.ts';
import { thisHost } from '../calibrate/this-host.ts';
import type { EndpointIdentity } from '../endpoint/identity.ts';
import { recordedFacts } from '../power/sample.ts';
import type { AgentWork } from './agent-work.ts';
import { identify } from './identify.ts';
import { runCell } from './run-cell.ts';
import { measureIdle, type OpenedPower, openPower } from './target-power.ts';

/** An agent's work on a vLLM-like endpoint. What the endpoint and the power source are asked once and kept for the cells. */
export function endpointWork(): AgentWork {
  let known: EndpointIdentity | null = null;
  let power: OpenedPower | null = null;
  /** Of the prefill server of a pair, W: only cells of the pair need it. */
  let prefillIdle_w: number | null = null;
  const calibration = readHostCalibration(thisHost());
  return {
    async identify(target) {
      const { identity, endpoint } = await identify(target);
      known = endpoint;
      power ??= await openPower(target, identity.simulated?.tensor_parallel ?? null);
      const { watch } = power;
      const warnings = [...identity.warnings, ...power.warnings];
      return { ...identity, warnings, power: watch && recordedFacts(await watch.factsNow()) };
    },
    async runCell(target, task, hooks, signal) {
      known ??= (await identify(target)).endpoint;
      const sources = { own: power?.watch ?? null, prefill: power?.prefill ?? null, prefillIdle_w };
      return runCell(target, known, task, hooks, signal, sources, calibration);
    },
    async measureIdle(seconds, signal) {
      const idle = await measureIdle(power ?? { watch: null, prefill: null }, seconds, signal);
      prefillIdle_w = idle.prefill_power_w ?? prefillIdle_w;
      return idle;
    },
    async close() {
      await Promise.all([power?.watch?.stop(), power?.prefill?.stop()]);
    },
  };
}
