import { parseArgs } from 'node:util';
import { serveAgent } from '../agent/serve.ts';
import { endpointWork } from '../agent/work.ts';
import type { Command } from '../cli.ts';
import { EXIT } from '../errors.ts';
import { serverWork } from '../server/work.ts';

const help = `usage: ridge agent

The process that drives one endpoint, or that starts one server and ends it with
itself. \`ridge run\` starts it, on this machine or on another one through the
argument list that the lab file gives for the target, and talks to it in lines
of JSON on stdin and stdout. You need not start it.

Example, whether it would start on a host:
  ssh gaudi3-01 ridge agent < /dev/null`;

/** Nothing but messages may go to stdout, so whatever a library prints goes to stderr. */
function keepStdoutClean(): void {
  console.log = console.error;
  console.info = console.error;
  console.debug = console.error;
}

export const command: Command = {
  summary: 'drive one endpoint for ridge run (started by it)',
  help,
  async run(argv) {
    parseArgs({ args: [...argv], options: {} });
    keepStdoutClean();
    // The controller decides when to stop; Ctrl-C in its terminal reaches this process, too.
    process.on('SIGINT', () => undefined);
    const stop = new AbortController();
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
    await serveAgent(
      { ...endpointWork(), server: serverWork() },
      { input: process.stdin, output: process.stdout, signal: stop.signal },
    );
    // An aborted cell's sockets must not hold the process.
    process.exit(EXIT.done);
  },
};
