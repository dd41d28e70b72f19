import { expect, test } from 'vitest';
import { allAccelerators, findAccelerator } from '../../src/accelerator/catalogue.ts';
import { acceleratorFromLab } from '../../src/accelerator/from-lab.ts';
import { bindCard, peakOf } from '../../src/accelerator/peaks.ts';
import { builtInCard } from '../../src/model/cards.ts';

test('H100: dense peaks, one direction of NVLink, bytes as the driver reports them', () => {
  expect(findAccelerator('h100-sxm')).toMatchObject({
    bf16_flop_per_s: 989e12,
    fp8_flop_per_s: 1979e12,
    memory_bytes_per_s: 3.35e12,
    link_bytes_per_s: 450e9,
    memory_bytes: 85_520_809_984,
  });
});

test('ids are unique, every entry has a source, units are plausible', () => {
  const all = allAccelerators();
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const one of all) {
    expect(one.sources).not.toBe('');
    for (const peak of [one.bf16_flop_per_s, one.fp8_flop_per_s, one.fp4_flop_per_s]) {
      if (peak !== null) expect(peak).toSatisfy((value: number) => value > 5e10 && value < 1e17);
    }
    expect(one.memory_bytes_per_s).toSatisfy((value: number) => value > 1e10 && value < 3e13);
  }
});

test('an unknown id suggests the nearest one', () => {
  expect(() => findAccelerator('h100-smx')).toThrow(
    expect.objectContaining({ exitCode: 2, mend: expect.stringContaining("'h100-sxm'") }),
  );
  expect(() => findAccelerator('mi300')).toThrow(
    expect.objectContaining({ mend: expect.stringContaining("'mi300x'") }),
  );
});

test("a lab's own accelerator keeps what it does not say null", () => {
  const own = acceleratorFromLab({ id: 'x1', name: 'X1', bf16_dense_tflops: 500, link_gb_per_s: 100 });
  expect(own).toMatchObject({ bf16_flop_per_s: 500e12, link_bytes_per_s: 100e9, memory_bytes_per_s: null });
  expect(peakOf(own, 'fp8')).toEqual({ flop_per_s: 1000e12, published: false });
});

test('a card is bound to the peaks of its device: Gaudi 3 runs fp8 no faster than bf16', () => {
  const head = (id: string) =>
    bindCard(builtInCard('llama-3.1-8b-fp8')!, findAccelerator(id)).weight_groups.find(
      ({ name }) => name === 'head',
    )!.compute_ratio;
  expect(head('gaudi3')).toBe(1);
  expect(head('h100-sxm')).toBeCloseTo(989 / 1979, 6);
  expect(builtInCard('llama-3.1-8b-fp8')!.weight_groups[0]).toMatchObject({
    weight_format: 'fp8',
    compute_ratio: 1,
  });
});
