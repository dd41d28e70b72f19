import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  NullServerAsk,
  NullServerCounts,
  NullServerSay,
  NullServerTiming,
  SentResponse,
} from './options.ts';

export interface StartNullServerOptions extends NullServerTiming {
  /** Cores in taskset's notation (Linux only), for example '0'; default: wherever the system puts it. */
  readonly cpus?: string;
}

export interface NullServerProcess {
  /** Base URL, without `/v1`. */
  readonly url: string;
  readonly pid: number;
  /** True send times of all responses that have ended since the last call, in the order of their ends. */
  takeLog(): Promise<SentResponse[]>;
  counts(): Promise<NullServerCounts>;
  stop(): Promise<void>;
}

/** The process's file beside this one, compiled or not. */
const MAIN = fileURLToPath(new URL(`./main${extname(import.meta.url)}`, import.meta.url));

/**
 * Starts a null server in a process of its own on a free loopback port; resolves when it listens. It ends with `stop`,
 * or with this process. Throws when it does not start.
 */
export async function startNullServer({
  cpus,
  ...timing
}: StartNullServerOptions): Promise<NullServerProcess> {
  const child = fork(MAIN, [JSON.stringify(timing)], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A parent's own flags (a debugger's port, a test's loader) are not the server's.
    execArgv: cpus === undefined ? [] : ['-c', cpus, process.execPath],
    ...(cpus === undefined ? {} : { execPath: 'taskset' }),
  });
  const { port } = await reply(child, 'listening');
  const ended = once(child, 'exit');
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    takeLog: async () => {
      const all: SentResponse[] = [];
      for (let left = 1; left > 0; ) {
        const part = await ask(child, { ask: 'log' }, 'log');
        all.push(...part.responses);
        left = part.left;
      }
      return all;
    },
    counts: async () => (await ask(child, { ask: 'counts' }, 'counts')).counts,
    stop: async () => {
      if (child.connected) child.send({ ask: 'stop' } satisfies NullServerAsk);
      await ended;
    },
  };
}

type Say<K> = Extract<NullServerSay, { say: K }>;

function ask<K extends NullServerSay['say']>(
  child: ChildProcess,
  message: NullServerAsk,
  kind: K,
): Promise<Say<K>> {
  const answer = reply(child, kind);
  child.send(message);
  return answer;
}

/** The next message of a kind; asks follow one another, so that none is mistaken. */
function reply<K extends NullServerSay['say']>(child: ChildProcess, kind: K): Promise<Say<K>> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      child.off('message', heard);
      child.off('exit', gone);
      child.off('error', reject);
    };
    const heard = (message: NullServerSay): void => {
      if (message.say !== kind) return;
      done();
      resolve(message as Say<K>);
    };
    const gone = (code: number | null): void => {
      done();
      reject(new Error(`the null server ended (exit code ${code})`));
    };
    child.on('message', heard);
    child.on('exit', gone);
    child.on('error', reject);
  });
}
