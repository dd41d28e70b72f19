import type { FileHandle } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { readRun } from '../../src/run/read-run.ts';
import { faultyRun, newPlace } from './faulty-run.ts';
import { FAULT_TABLE, type Injection } from './table.ts';

type DiskFault = Extract<Injection, { at: 'disk' }>;

/** What every write to a matching file meets at the moment. */
const broken = vi.hoisted(() => ({ by: null as { code: string; file: string } | null }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    const fault = broken.by;
    return fault && String(path).endsWith(fault.file) ? halfWriter(handle, fault.code) : handle;
  };
  return { ...real, default: { ...real, open }, open };
});

/** Writes half of what it is given, as a disk does on which no more fits, then fails. */
function halfWriter(handle: FileHandle, code: string): FileHandle {
  const writeFile = async (data: string | Uint8Array): Promise<void> => {
    const bytes = Buffer.from(data as string);
    await handle.write(bytes.subarray(0, bytes.length / 2));
    throw Object.assign(new Error(code), { code });
  };
  return new Proxy(handle, {
    get: (_, name) => {
      if (name === 'writeFile') return writeFile;
      const value: unknown = Reflect.get(handle, name, handle);
      return typeof value === 'function' ? value.bind(handle) : value;
    },
  });
}

const rows = FAULT_TABLE.filter(({ inject }) => inject.at === 'disk');

test.each(rows)('$fault', async ({ inject, expect: expected }) => {
  const { code, file } = inject as DiskFault;
  const place = await newPlace();
  const faulty = await faultyRun('good', place, {
    meanwhile: (event) => {
      if (event.kind === 'cell_finished') broken.by = { code, file };
    },
  }).finally(() => {
    broken.by = null;
  });
  expect({ ended: faulty.ended, exit: faulty.exit }).toEqual(expected);
  expect(faulty.record).toBeNull();
  // With room again the run goes on: the finished cell is kept as it was, the other one is measured.
  const before = (await readRun(place.folder)).records;
  const resumed = await faultyRun('good', place, { resume: true });
  expect([resumed.ended, resumed.exit, resumed.record?.verdict]).toEqual([null, 0, 'valid']);
  expect((await readRun(place.folder)).records).toEqual([...before, resumed.record]);
});
