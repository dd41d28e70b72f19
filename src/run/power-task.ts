import type { PowerTask } from '../agent/protocol.ts';
import { RidgeError } from '../errors.ts';
import type { PowerDefinition } from '../suite/power-schema.ts';
import type { Target } from '../suite/schema.ts';

/**
 * What the agent is told of a target's power source; null: it looks for one by itself.
 * @throws RidgeError (exit 2) when the variable with the Authorization header is not set
 */
export function powerTaskOf({ power, devices, tensor_parallel }: Target): PowerTask | null {
  return power === undefined ? null : taskOf(power, devices ?? tensor_parallel ?? null);
}

/** As `powerTaskOf`, of the server that computes the prompts of a pair; null: none is named. */
export function prefillPowerTaskOf({ prefill, devices, tensor_parallel }: Target): PowerTask | null {
  const count = prefill?.devices ?? devices ?? tensor_parallel ?? null;
  return prefill?.power === undefined ? null : taskOf(prefill.power, count);
}

function taskOf(power: Omit<PowerDefinition, 'idle_s'>, device_count: number | null): PowerTask {
  const { source, url, file, path, required, authorization_env } = power;
  return {
    source,
    ...(url !== undefined && { url }),
    ...(file !== undefined && { file }),
    ...(path !== undefined && { path }),
    authorization: authorization_env === undefined ? null : secretOf(authorization_env),
    devices: power.devices?.map(String) ?? null,
    device_count,
    required: required ?? (source !== 'auto' && source !== 'none'),
  };
}

function secretOf(variable: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new RidgeError(`the environment variable ${variable} is not set`, {
    mend: 'power.authorization_env names it.',
  });
}
