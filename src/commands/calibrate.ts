import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { calibrate, FULL, QUICK } from '../calibrate/calibrate.ts';
import { calibrationPlace, readCalibrations, saveCalibration } from '../calibrate/calibration-file.ts';
import { thisHost } from '../calibrate/this-host.ts';
import type { Command } from '../cli.ts';
import { EXIT } from '../errors.ts';
import { calibrationText } from '../report/calibration-text.ts';
import { REPORT_COLUMNS } from '../report/wrap.ts';
import { CALIBRATION_LIMITS } from '../suite/thresholds.ts';
import { ProgressLine } from './progress-line.ts';

const { stamp_error_p99_ms: limit } = CALIBRATION_LIMITS;

const help = `usage: ridge calibrate [--quick] [--json] [--out FILE]

Measures the client itself on this host, the one that runs the agent: against
servers that compute nothing and know when each token left, each in a process of
its own. It says how much too high TTFT is, how late tokens are stamped, how
late event loop and timers are, and the highest rate of tokens at which the p99
of the stamp error stays within ${limit.value} ms: read by one thread, and by several with
all cores. It takes about 40 s, on a host that does nothing else.

The figures are kept in ~/.cache/ridgepoint/calibration.json (XDG_CACHE_HOME).
Agents on this host read them: every run shows and records them, and a cell in
which more chunks a second arrive is flagged client_bound. They hold for this
processor and the major versions of Node and ridge.

  --quick       about 15 s: rates are known to a factor of two only
  --out FILE    keep them in FILE instead, where no agent looks
  --json        the figures as JSON on stdout

exit: 1 when the host is too busy to be calibrated; nothing is kept then

Example, on the host of a target's agent:
  ssh gaudi3-01 ridge calibrate`;

const options = {
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  out: { type: 'string' },
} as const;

export const command: Command = {
  summary: 'measure the client itself on this host',
  help,
  async run(argv) {
    const { values: flags } = parseArgs({ args: [...argv], options });
    const file = flags.out ?? calibrationPlace();
    // What is wrong with it is better known before.
    readCalibrations(file);
    const progress = new ProgressLine(process.stderr);
    const calibration = await calibrate({
      host: thisHost(),
      cores: availableParallelism(),
      effort: flags.quick ? QUICK : FULL,
      now: () => new Date(),
      progress: (what) => progress.show(what, 0, 1),
    }).finally(() => progress.clear());
    const text = flags.json
      ? JSON.stringify(calibration, null, 2)
      : calibrationText(calibration, process.stdout.columns || REPORT_COLUMNS);
    console.log(text);
    await saveCalibration(file, calibration);
    console.error(`kept in ${file}`);
    return EXIT.done;
  },
};
