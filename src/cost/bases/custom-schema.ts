import { z } from 'zod';

const positive = z.number().positive();
const share = z.number().min(0).max(1);

const deviceSchema = z.strictObject({
  price_usd: positive.optional().describe('One device; default: the price of the catalogue, if asked for.'),
  power_w: positive.optional().describe('Mean power of one device; default: its TDP times tdp_share.'),
  power: z
    .enum(['measured', 'tdp'])
    .default('measured')
    .describe('What power_w is: measured while serving, or the rated power.'),
  source: z.string().optional(),
});

/** A cost basis of the user's own (YAML or JSON): everything that the hourly cost of a device is made of. */
export const customBasisSchema = z.strictObject({
  name: z.string().min(1),
  date: z.string().min(1).describe('Of the prices, e.g. 2026-05.'),
  source: z.string().default('user'),
  years: positive.describe('Over which the price is paid back.'),
  interest: z.number().min(0).max(1).describe('A year, nominal, compounded monthly; 0.08 is 8 %.'),
  usd_per_kwh: z.number().min(0),
  pue: z.number().min(1).describe('Power of the facility over that of the devices.'),
  host_share: z
    .number()
    .min(0)
    .default(0)
    .describe('Host, network and storage as a share of the price: 0.3 adds 30 %.'),
  residual_share: share.default(0).describe('Of the price, what the device sells for in the end.'),
  operation_share: share.default(0).describe('Of the price, staff and maintenance a year.'),
  colocation_usd_per_kw_month: z.number().min(0).default(0),
  utilisation: share.gt(0).default(1).describe('Share of the hours that are sold; the others cost as much.'),
  tdp_share: positive.max(1.5).default(1).describe('Power as a share of TDP where no power_w is given.'),
  power: z
    .enum(['tdp', 'fit'])
    .default('tdp')
    .describe(
      "Watts that are billed where no power_w is given: rated power, or those of a fit's own power model at the plan's load.",
    ),
  catalogue_prices: z.boolean().default(false).describe('Take prices that devices lack from the catalogue.'),
  devices: z.record(z.string(), deviceSchema).default({}),
});

export type CustomBasis = z.infer<typeof customBasisSchema>;
