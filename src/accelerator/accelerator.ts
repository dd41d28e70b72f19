/**
 * One device type, per device, with dense peaks and one-directional links. A peak that the vendor does not publish is null.
 * Peaks come from data sheets and public catalogues; `sources` and `notes` say which and where they disagree.
 */
export interface Accelerator {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly bf16_flop_per_s: number | null;
  readonly fp8_flop_per_s: number | null;
  readonly fp4_flop_per_s: number | null;
  readonly memory_bytes_per_s: number | null;
  /** Total memory in bytes as the driver reports it. */
  readonly memory_bytes: number | null;
  /** Scale-up link, one direction, byte/s. */
  readonly link_bytes_per_s: number | null;
  readonly tdp_w: number | null;
  readonly price_usd: number | null;
  readonly notes: string;
  readonly sources: string;
}
