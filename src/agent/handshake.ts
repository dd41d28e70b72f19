import { VERSION } from '../version.ts';
import { AgentFailure } from './failure.ts';
import { majorOf, PROTOCOL_VERSION } from './protocol.ts';

/** What both sides say first. */
export interface Greeting {
  readonly protocol: number;
  readonly version: string;
}

/** Whether the other side speaks this protocol and is of the same major version. */
export const isCompatible = ({ protocol, version }: Greeting): boolean =>
  protocol === PROTOCOL_VERSION && majorOf(version) === majorOf(VERSION);

export const otherVersion = ({ protocol, version }: Greeting, command: string): AgentFailure =>
  new AgentFailure(
    'incompatible',
    `the agent is ridge ${version} (protocol ${protocol}), this is ${VERSION} (protocol ${PROTOCOL_VERSION})`,
    { where: command, mend: 'Install the same major version of ridgepoint on both hosts.' },
  );

/** An agent that ends before it has greeted was most likely never there: ssh refused, ridge not installed, ... */
export function asNotStarted(error: unknown, command: string): unknown {
  if (!(error instanceof AgentFailure) || error.kind !== 'died') return error;
  return new AgentFailure('not_started', `${error.message}, before its handshake`, {
    where: command,
    mend: 'Check that this command works by hand and that ridge is installed on that host.',
    cause: error,
  });
}
