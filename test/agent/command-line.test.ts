import { expect, test } from 'vitest';
import { agentCommandLine } from '../../src/agent/command-line.ts';

test('this machine by default, else ridge agent behind the argument list', () => {
  const own = agentCommandLine({});
  expect([own[0], own.at(-1)]).toEqual([process.execPath, 'agent']);
  expect(agentCommandLine({ agent: ['ssh', 'gaudi3-01'] })).toEqual(['ssh', 'gaudi3-01', 'ridge', 'agent']);
  const pod = { agent: ['kubectl', 'exec', '-i', 'pod', '--'], agent_command: ['npx', 'ridge', 'agent'] };
  expect(agentCommandLine(pod)).toEqual([...pod.agent, ...pod.agent_command]);
});

test('a host name cannot become an option of ssh', () => {
  expect(() => agentCommandLine({ agent: ['ssh', '-oProxyCommand=rm'] })).toThrow('names no host');
  expect(() => agentCommandLine({ agent: ['/usr/bin/ssh'] })).toThrow('names no host');
});
