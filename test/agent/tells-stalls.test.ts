import { expect, test } from 'vitest';
import { tellsStalls } from '../../src/agent/tells-stalls.ts';
import { protocolSchema } from '../../src/suite/protocol-schema.ts';

test('a gap tells a compilation only in a shape of one prompt length that is first seen', () => {
  const protocol = protocolSchema.parse({});
  const mixed = protocolSchema.parse({ input_spread: [0.1, 8] });
  expect(tellsStalls({ first_of_shape: true, protocol })).toBe(true);
  expect(tellsStalls({ first_of_shape: false, protocol })).toBe(false);
  expect(tellsStalls({ first_of_shape: true, protocol: mixed })).toBe(false);
});
