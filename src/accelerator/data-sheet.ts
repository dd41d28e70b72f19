import type { Accelerator } from './accelerator.ts';

/**
 * A device as data sheets print it: dense TFLOP/s, GB/s, watts, US dollars. Every figure that the vendor does not
 * publish stays out. `memory_bytes` is what the driver reports, which is not the nominal size.
 */
export interface DataSheet {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly bf16_dense_tflops?: number | undefined;
  readonly fp8_dense_tflops?: number | undefined;
  readonly fp4_dense_tflops?: number | undefined;
  readonly memory_gb_per_s?: number | undefined;
  readonly memory_bytes?: number | undefined;
  /** Scale-up link, one direction, per device. */
  readonly link_gb_per_s?: number | undefined;
  readonly tdp_w?: number | undefined;
  readonly price_usd?: number | undefined;
  readonly notes?: string | undefined;
  readonly sources?: string | undefined;
}

const scaled = (value: number | undefined, factor: number): number | null =>
  value === undefined ? null : value * factor;

/** Converts a data sheet to SI units per device; what is absent becomes null. */
export function fromDataSheet(sheet: DataSheet): Accelerator {
  return {
    id: sheet.id,
    name: sheet.name,
    vendor: sheet.vendor,
    bf16_flop_per_s: scaled(sheet.bf16_dense_tflops, 1e12),
    fp8_flop_per_s: scaled(sheet.fp8_dense_tflops, 1e12),
    fp4_flop_per_s: scaled(sheet.fp4_dense_tflops, 1e12),
    memory_bytes_per_s: scaled(sheet.memory_gb_per_s, 1e9),
    memory_bytes: sheet.memory_bytes ?? null,
    link_bytes_per_s: scaled(sheet.link_gb_per_s, 1e9),
    tdp_w: sheet.tdp_w ?? null,
    price_usd: sheet.price_usd ?? null,
    notes: sheet.notes ?? '',
    sources: sheet.sources ?? '',
  };
}
