import { readdir, readFile } from 'node:fs/promises';
import { hostSeconds } from '../../src/host-clock.ts';

/** CPU time that a process and its children had used, all threads, at some moment. */
export interface CpuSample {
  readonly at_s: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** One process and those below it. A thread that ends between two samples loses what it used since the last. */
async function sampleOf(pid: number): Promise<{ cpu: number; rss: number }> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  let cpu = 0;
  let rss = Number(/^VmRSS:\s+(\d+)/m.exec(await read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
  for (const thread of threads) {
    // Nanoseconds on a core, by the scheduler: user and system, whatever the tick's accounting misses.
    cpu += Number((await read(`/proc/${pid}/task/${thread}/schedstat`)).split(' ')[0] ?? 0) / 1e9;
    const children = (await read(`/proc/${pid}/task/${thread}/children`)).trim();
    for (const child of children === '' ? [] : children.split(' ')) {
      const below = await sampleOf(Number(child));
      cpu += below.cpu;
      rss += below.rss;
    }
  }
  return { cpu, rss };
}

/** Samples a process tree until it is stopped. */
export function watchCpu(pid: number, periodMs: number): { stop(): CpuSample[] } {
  const samples: CpuSample[] = [];
  let stopped = false;
  const take = async (): Promise<void> => {
    const at_s = hostSeconds();
    const { cpu, rss } = await sampleOf(pid);
    if (stopped) return;
    if (cpu > 0) samples.push({ at_s, cpuSeconds: cpu, rssBytes: rss });
    timer = setTimeout(take, periodMs);
  };
  let timer = setTimeout(take, 0);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return samples;
    },
  };
}

/** CPU seconds between two moments, interpolated; null where the samples do not reach so far. */
export function cpuBetween(samples: readonly CpuSample[], from_s: number, to_s: number): number | null {
  const [begin, end] = [cpuAt(samples, from_s), cpuAt(samples, to_s)];
  return begin === null || end === null ? null : end - begin;
}

function cpuAt(samples: readonly CpuSample[], time: number): number | null {
  const next = samples.findIndex(({ at_s }) => at_s >= time);
  const [before, after] = [samples[next - 1], samples[next]];
  if (before === undefined || after === undefined) return null;
  const share = (time - before.at_s) / (after.at_s - before.at_s);
  return before.cpuSeconds + share * (after.cpuSeconds - before.cpuSeconds);
}
