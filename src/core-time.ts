import { readFileSync } from 'node:fs';

/** What became of the time in which some cores had work, s since the machine started. */
export interface CoreTime {
  readonly busy_s: number;
  /** In which a hypervisor ran something else on them. */
  readonly stolen_s: number;
}

/** Of the cores that this process may run on; null where Linux does not say. */
export function coreTime(): CoreTime | null {
  try {
    return coreTimeOf(readFileSync('/proc/stat', 'utf8'), readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return null;
  }
}

/** Times of `/proc/stat` are in ticks of 1/100 s on every Linux. */
const TICK_S = 0.01;

/** From the texts of `/proc/stat` and `/proc/self/status`; null where they lack a core, or steal. */
export function coreTimeOf(stat: string, status: string): CoreTime | null {
  const lines = new Map(stat.split('\n').map((line) => [line.split(' ', 1)[0], line]));
  let [busy, stolen] = [0, 0];
  for (const core of coresIn(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '')) {
    const [, user, nice, system, , , irq, softirq, steal] = (lines.get(`cpu${core}`) ?? '')
      .split(/\s+/)
      .map(Number);
    if (steal === undefined) return null;
    busy += user! + nice! + system! + irq! + softirq!;
    stolen += steal;
  }
  return busy === 0 ? null : { busy_s: TICK_S * busy, stolen_s: TICK_S * stolen };
}

/** `0-2,5` as 0, 1, 2, 5. */
function coresIn(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return range === '' ? [] : Array.from({ length: last! - first! + 1 }, (_, i) => first! + i);
  });
}

/** Less of it says nothing: it is counted in ticks. */
const LEAST_S = 0.5;

/**
 * Of the time between two moments in which the cores had work, the share that a hypervisor gave to others ("steal"); null
 * where it is not known, or the cores had next to nothing to do.
 */
export function stolenShare(from: CoreTime | null, to: CoreTime | null): number | null {
  if (from === null || to === null) return null;
  const stolen_s = to.stolen_s - from.stolen_s;
  const wanted_s = stolen_s + to.busy_s - from.busy_s;
  return wanted_s < LEAST_S ? null : Math.max(0, stolen_s) / wanted_s;
}
