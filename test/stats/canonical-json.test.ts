import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/stats/canonical-json.ts';
import fc from '../property.ts';

describe('canonical JSON', () => {
  test('sorts keys by UTF-16 code units, as the example of RFC 8785 does', () => {
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    const written = canonicalJson(keys);
    expect(Object.values(JSON.parse(written))).toContain(5);
    expect([...written.matchAll(/:(\d)/g)].map(([, value]) => value).join('')).toBe('2467153');
  });

  test('writes numbers as ECMAScript does and leaves undefined out', () => {
    expect(canonicalJson({ a: [1e21, 4.5, 2e-3, -0, 1e-7], b: undefined })).toBe(
      '{"a":[1e+21,4.5,0.002,0,1e-7]}',
    );
  });

  test('refuses what JSON cannot hold, and says where', () => {
    expect(() => canonicalJson({ a: [1, Number.NaN] })).toThrow('$.a[1] is NaN');
    expect(() => canonicalJson({ a: { b: 1n } })).toThrow('$.a.b is a bigint');
  });

  test('keeps every value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });
});
