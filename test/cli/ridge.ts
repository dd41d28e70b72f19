import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';

const bin = fileURLToPath(new URL('../../bin/ridge.js', import.meta.url));

export interface Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the real `bin/ridge.js` in a process of its own and waits for its end; never rejects. */
export async function ridge(...argv: string[]): Promise<Outcome> {
  const { exitCode, stdout, stderr } = await execaNode(bin, argv, {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1' },
    timeout: 50_000,
  });
  return { exitCode, stdout, stderr };
}
