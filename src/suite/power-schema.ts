import { z } from 'zod';

/** Tools of the agent's host that read power; those of accelerators are found by themselves. */
export const POWER_TOOLS = [
  'dcgmi',
  'nvidia-smi',
  'amd-smi',
  'rocm-smi',
  'hl-smi',
  'xpu-smi',
  'rapl',
  'ipmitool',
] as const;

/** Seconds without a request over which idle power is measured, before a target's first cell and after its last. */
export const IDLE_S = 30;

/** `power:` of a target in a lab file: where its watts come from. */
export const powerSchema = z
  .strictObject({
    source: z
      .enum(['auto', 'none', ...POWER_TOOLS, 'dcgm-exporter', 'redfish', 'replay'])
      .default('auto')
      .describe(
        'A tool of the agent host, a URL or a recorded file. auto: the best tool that reads accelerators.',
      ),
    devices: z
      .array(z.union([z.string().min(1), z.int().min(0)]))
      .min(1)
      .optional()
      .describe(
        "The target's devices as the source names them; default: all, if they are as many as the target's.",
      ),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Of dcgm-exporter or redfish.'),
    file: z.string().min(1).optional().describe('Of replay: CSV with time_s, device, power_w.'),
    path: z
      .string()
      .min(1)
      .optional()
      .describe('Folder with the tool, where it is not on the PATH of the agent.'),
    authorization_env: z
      .string()
      .optional()
      .describe('Name of the environment variable with the Authorization header for redfish.'),
    required: z
      .boolean()
      .optional()
      .describe('Without it the run does not begin; default: true where a source is named.'),
    idle_s: z.number().min(0).max(600).default(IDLE_S).describe('Seconds over which idle power is measured.'),
  })
  .describe('Where the watts come from; default: auto where the server runs on the agent host.');

export type PowerDefinition = z.infer<typeof powerSchema>;
