import { z } from 'zod';
import type { Accelerator } from '../accelerator/accelerator.ts';
import { fromDataSheet } from '../accelerator/data-sheet.ts';

const positive = z.number().positive();

/** Devices of the user's own, as spec sheets print them. */
export const devicesSchema = z.strictObject({
  devices: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        name: z.string().optional(),
        vendor: z.string().default('unknown'),
        convention: z
          .enum(['dense', 'sparse'])
          .refine(
            // Every fit and the catalogue are dense: two conventions in one comparison would decide it.
            (convention) => convention === 'dense',
            'fits and catalogue are dense; give the dense peaks (most often half of these)',
          )
          .describe('Of the peaks; sparse ones are twice what a dense model can reach.'),
        bf16_tflops: positive.optional(),
        fp8_tflops: positive.optional(),
        fp4_tflops: positive.optional(),
        memory_gb_per_s: positive,
        memory_gb: positive.describe('1e9 bytes.'),
        link_gb_per_s: positive.describe('Scale-up link, one direction, per device.'),
        tdp_w: positive.optional(),
        price_usd: positive.optional(),
        source: z.string().optional(),
      }),
    )
    .min(1),
});

type Listed = z.infer<typeof devicesSchema>['devices'];

/** Devices out of a file. */
export function listedDevices(devices: Listed): Accelerator[] {
  return devices.map((one) =>
    fromDataSheet({
      id: one.id,
      name: one.name ?? one.id,
      vendor: one.vendor,
      bf16_dense_tflops: one.bf16_tflops,
      fp8_dense_tflops: one.fp8_tflops,
      fp4_dense_tflops: one.fp4_tflops,
      memory_gb_per_s: one.memory_gb_per_s,
      memory_bytes: one.memory_gb * 1e9,
      link_gb_per_s: one.link_gb_per_s,
      tdp_w: one.tdp_w,
      price_usd: one.price_usd,
      notes: 'defined by the user',
      sources: one.source ?? 'user',
    }),
  );
}
