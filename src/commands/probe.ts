import { parseArgs } from 'node:util';
import type { Command } from '../cli.ts';
import { EXIT } from '../errors.ts';
import { EventBus } from '../run/event-bus.ts';
import { closeAll, startTargets } from '../run/start-targets.ts';
import { isServed } from '../run/started-server.ts';
import { TARGET_FLAGS } from './flags.ts';
import { probeText } from './probe-text.ts';
import { givenTargets } from './run-inputs.ts';

const help = `usage: ridge probe [--target NAME=URL ... | --lab FILE] [options]

Asks targets what they are, as a run would, and measures nothing: engine, model,
KV capacity, features, the agent's host, and what is not known and would be
missing. Without a target it lists the power sources of this host.

  --lab FILE           targets of a lab file
  --target NAME=URL    a target by its base URL; repeatable
  --accelerator ID, --tp N, --model ID, --model-config FILE
                       of the --target ones
  --json               what was found as JSON on stdout, as it would stand in
                       the run record

exit: 3 when a target does not answer

Example:
  ridge probe --target gaudi=http://10.0.0.5:8000 --accelerator gaudi3 --tp 8`;

const options = {
  ...TARGET_FLAGS,
  json: { type: 'boolean', default: false },
} as const;

export const command: Command = {
  summary: 'ask targets what they are, measure nothing',
  help,
  async run(argv) {
    const { values: flags } = parseArgs({ args: [...argv], options });
    const targets = await givenTargets(flags);
    if (targets.length === 0) return listPower(flags.json);
    const events = new EventBus();
    events.subscribe((event) => {
      if (event.kind === 'warning') console.error(`warning: ${event.message}`);
    });
    const running = targets.filter((target) => !isServed(target));
    for (const { name } of targets.filter(isServed)) {
      console.error(`${name}: not asked, its server is started by ridge run`);
    }
    const started = await startTargets(running, events.emit);
    await closeAll(started.map(({ session }) => session));
    const found = started.map(({ target }) => target);
    if (flags.json) console.log(JSON.stringify(found, null, 2));
    else if (found.length > 0) console.log(found.map(probeText).join('\n\n'));
    return EXIT.done;
  },
};

async function listPower(json: boolean): Promise<number> {
  const [{ localSources }, { powerSourcesText }] = await Promise.all([
    import('../power/find-source.ts'),
    import('./power-sources-text.ts'),
  ]);
  const facts = (await localSources()).map((source) => source.facts);
  console.log(json ? JSON.stringify(facts, null, 2) : powerSourcesText(facts));
  return EXIT.done;
}
