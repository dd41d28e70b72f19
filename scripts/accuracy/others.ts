import { renderTable } from '../../src/report/text-table.ts';

/**
 * Errors of other systems on the same rows, percent, as they were measured when this table was designed: AIConfigurator 0.12.0
 * from its own kernel databases, BLIS f90a1e3 with its coefficients for H100. Neither needs rows of the device and model under
 * test, so lines without refit are the fair comparison. AIConfigurator refuses cells whose KV cache is full.
 */
const OTHERS: readonly (readonly string[])[] = [
  ['D Llama-70B FP8 H100', '5.1 / 49 (41 of 45)', '19.8 / 75'],
  ['D Llama-70B FP8 B200', '15.6 / 21 (58 of 60)', '-'],
  ['G1 Qwen3-32B H100', '11.8 / 39 (87 of 90)', '43.4 / 73'],
  ['M gpt-oss H100, without C 512', '8.9 / 35', '44 / 64'],
];

export const othersTable = (): string =>
  renderTable({
    columns: [
      { title: 'other systems, TPOT / TTFT' },
      { title: 'AIConfigurator 0.12.0 (answered)' },
      { title: 'BLIS f90a1e3' },
    ],
    rows: OTHERS,
  });
