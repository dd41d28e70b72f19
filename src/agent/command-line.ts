import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RidgeError } from '../errors.ts';
import type { Target } from '../suite/schema.ts';

const RIDGE = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));

/**
 * Argument list that starts a target's agent: `agent` with `agent_command` (default `ridge agent`) appended, or this
 * very program on this machine. Never through a shell.
 * @throws RidgeError (exit 2) when ssh is given no host but an option in its place
 */
export function agentCommandLine(target: Pick<Target, 'agent' | 'agent_command'>): [string, ...string[]] {
  if (target.agent === undefined) {
    const own = target.agent_command ?? [process.execPath, RIDGE, 'agent'];
    return own as [string, ...string[]];
  }
  const last = target.agent.at(-1)!;
  if (basename(target.agent[0]!) === 'ssh' && (target.agent.length < 2 || last.startsWith('-'))) {
    throw new RidgeError(`agent [${target.agent.join(', ')}] names no host`, {
      mend: 'Write the host last, for example [ssh, gaudi3-01]; a host name does not begin with a dash.',
    });
  }
  return [...target.agent, ...(target.agent_command ?? ['ridge', 'agent'])] as [string, ...string[]];
}
