import { z } from 'zod';
import { powerSchema } from './power-schema.ts';
import { hasUserInfo, USER_INFO } from './user-info.ts';

/** Where the prompts of `disaggregated` cells are computed. */
export const prefillSchema = z
  .strictObject({
    by: z
      .enum(['client', 'gateway'])
      .default('client')
      .describe(
        'Who hands prompts over. client: this client is the proxy (kv_transfer_params, as with NIXL, or servers that share storage). gateway: `url` of the target is a router, such as that of llm-d.',
      ),
    url: z
      .url({ protocol: /^https?$/ })
      .refine((url) => !hasUserInfo(url), USER_INFO)
      .optional()
      .describe(
        "Base URL of the prefill server as seen from the agent's host; with a gateway it is named in the header x-prefiller-host-port, and left out where the gateway chooses by itself.",
      ),
    devices: z
      .int()
      .min(1)
      .optional()
      .describe('Devices of the prefill server; default: as many as of the target.'),
    power: powerSchema
      .omit({ idle_s: true })
      .optional()
      .describe(
        "Where the prefill server's watts come from, as seen from the agent's host; without it cells of the pair have no energy.",
      ),
  })
  .refine(({ by, url }) => by === 'gateway' || url !== undefined, {
    path: ['url'],
    message: 'a client needs the url of the prefill server',
  });
