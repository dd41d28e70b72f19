import { setTimeout as sleep } from 'node:timers/promises';
import { amdSmiTool } from './amd-smi.ts';
import { type FakeTool, type PowerReading, ToolRefusal } from './fake-tool.ts';
import { hlSmiTool } from './hl-smi.ts';
import { nvidiaSmiTool } from './nvidia-smi.ts';

/** How long a tool that is to fail works before it does. */
const FAILS_AFTER_MS = 5_000;

/** A vendor's tool in front of a simulated endpoint: `main NAME URL [ARGS]`, where `NAME` is the tool's own. */
async function main([name = '', url = '', ...args]: readonly string[]): Promise<number> {
  const began = Date.now();
  let tool: FakeTool;
  try {
    tool = toolOf(name, args, await read(url));
  } catch (error) {
    console.log(error instanceof ToolRefusal ? error.message : `${name}: no devices were found`);
    return 2;
  }
  for (let tick = 0; ; tick += 1) {
    const reading = await read(url);
    const fails = tool.interval_s !== null && Date.now() - began > FAILS_AFTER_MS;
    if (fails && reading.quirks.includes('die')) {
      console.error(`${name}: unable to determine the device handle: unknown error`);
      return 15;
    }
    if (!(fails && reading.quirks.includes('hang'))) console.log(tool.lines(reading, tick).join('\n'));
    if (tool.interval_s === null) return 0;
    // A real tool waits its interval after each query: its period is a little longer.
    await sleep(1000 * tool.interval_s);
  }
}

function toolOf(name: string, args: readonly string[], { reading_number }: Answer): FakeTool {
  switch (name) {
    case 'nvidia-smi':
      return nvidiaSmiTool(args);
    case 'amd-smi':
      return amdSmiTool(args, reading_number);
    case 'hl-smi':
      return hlSmiTool(args);
    default:
      throw new ToolRefusal(`no such tool: ${name}`);
  }
}

type Answer = PowerReading & { readonly reading_number: number };

async function read(url: string): Promise<Answer> {
  const response = await fetch(`${url}/ridge/power`);
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as Answer;
}

process.exitCode = await main(process.argv.slice(2));
