import type { PowerFacts } from '../power/sample.ts';
import { renderTable } from '../report/text-table.ts';

const AVERAGING: Readonly<Record<PowerFacts['averaging'], string>> = {
  instant: 'momentary',
  '1s': 'mean of 1 s',
  counter: 'counter',
  unknown: 'not said',
};

/** The power sources of a host as a table, best first; one line where there is none. */
export function powerSourcesText(sources: readonly PowerFacts[]): string {
  if (sources.length === 0) return 'no power source on this host: no energy would be measured';
  return renderTable({
    columns: [
      { title: 'power source' },
      { title: 'version' },
      { title: 'reads' },
      { title: 'readings' },
      { title: 'every', unit: 's', align: 'right' },
      { title: 'counter' },
    ],
    rows: sources.map(({ source, version, scope, devices, averaging, interval_s, has_counter }) => [
      source,
      version ?? '',
      `${devices.length} x ${scope}`,
      AVERAGING[averaging],
      String(interval_s),
      has_counter ? 'yes' : 'no',
    ]),
  });
}
