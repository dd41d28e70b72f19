/** A cost basis of a user's own, as `ridge compare --help` shows it. */
export const BASIS_EXAMPLE = `name: our racks
date: 2026-05
years: 4
interest: 0.06              # a year; 0.06 is 6 %
usd_per_kwh: 0.12
pue: 1.25
host_share: 0.3             # of the price: hosts, network, storage
devices:
  h100-sxm: { price_usd: 25000, power_w: 560 }      # watts as measured
  nova-1: { price_usd: 15000, power_w: 600, power: tdp }
catalogue_prices: true      # others at the catalogue's prices`;

/** Devices of a user's own for `--devices`. */
export const DEVICES_EXAMPLE = `devices:
  - id: nova-1
    convention: dense       # sparse peaks are refused
    bf16_tflops: 900
    fp8_tflops: 1800
    memory_gb_per_s: 4000
    memory_gb: 128
    link_gb_per_s: 300      # scale-up, one direction
    tdp_w: 600
    source: data sheet, May 2026`;

const indented = (text: string): string => text.replace(/^/gm, '  ');

/** Both files, as they stand in the help. */
export const EXAMPLES_HELP = `A cost basis of your own, --basis racks.yaml:
${indented(BASIS_EXAMPLE)}

Devices of your own, --devices nova.yaml:
${indented(DEVICES_EXAMPLE)}`;
