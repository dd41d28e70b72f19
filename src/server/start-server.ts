import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentTarget, ServerTask } from '../agent/protocol.ts';
import { EXIT, RidgeError } from '../errors.ts';
import { LastWords } from './last-words.ts';
import { LogFile } from './log-file.ts';
import { ServerOutput } from './output.ts';
import { becomesFree } from './port.ts';
import { ProcessGroup } from './process-group.ts';
import { becomesReady } from './ready.ts';

export interface ServerHooks {
  /** Whole lines that the server printed, secrets blotted out. */
  log(text: string): void;
  /** It ended by itself after it was ready; how, and its last words. */
  ended(how: string): void;
}

/** A server that answers. */
export interface RunningServer {
  readonly ready_after_s: number;
  /** Ends its whole process group; never fails. */
  stop(): Promise<void>;
}

/** A server that was just told to stop may hold its port so long beyond its grace. */
const PORT_PATIENCE_MS = 1_000;

/**
 * Starts a server on this host and waits until it answers.
 * @throws RidgeError (exit 3) with the last words of its log when it cannot be started, ends, or is not ready in time, or when
 *   its port is taken; it is ended then, as it is when the signal comes
 */
export async function startServer(
  target: AgentTarget,
  task: ServerTask,
  hooks: ServerHooks,
  signal: AbortSignal,
): Promise<RunningServer> {
  await requireFreePort(target.url, task, signal);
  const logFile = task.log === null ? null : await LogFile.open(task.log);
  const words = new LastWords();
  const group = await startGroup(task).catch(async (error) => {
    await logFile?.close();
    throw error;
  });
  const output = new ServerOutput(group.pipes, [...Object.values(task.secret_env), target.api_key ?? ''], {
    line: (line) => words.read(line),
    text: (text) => {
      hooks.log(text);
      logFile?.append(text);
    },
  });
  let stopping = false;
  const stop = async (): Promise<void> => {
    stopping = true;
    await group.stop(task.stop.signal, task.stop.grace_s * 1000);
    output.close();
    await logFile?.close();
  };
  const began = performance.now();
  try {
    await untilReady(target, task, group, words, signal);
  } catch (error) {
    await stop();
    throw error;
  }
  const ready_after_s = (performance.now() - began) / 1000;
  // What it printed before its first answer is told before that.
  await sleep(LAST_LINES_MS);
  output.flush();
  void group.ended.then((how) => {
    if (stopping) return;
    output.flush();
    hooks.ended(withWords(`the server ${how}`, words.line));
  });
  return { ready_after_s, stop };
}

async function requireFreePort(url: string, { stop }: ServerTask, signal: AbortSignal): Promise<void> {
  if (await becomesFree(url, stop.grace_s * 1000 + PORT_PATIENCE_MS, signal)) return;
  signal.throwIfAborted();
  throw new RidgeError('something else listens there, so the server was not started', {
    exitCode: EXIT.failed,
    where: url,
    mend: 'Stop it, or give the server another port in the lab file.',
  });
}

async function startGroup({ argv, env, secret_env }: ServerTask): Promise<ProcessGroup> {
  try {
    // Python holds back what it prints into a pipe until it has kilobytes of it.
    const environment = { PYTHONUNBUFFERED: '1', ...process.env, ...env, ...secret_env };
    return await ProcessGroup.start(argv, environment);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'no such program' : code === 'EACCES' ? 'it may not be run' : code;
    throw new RidgeError(`the server cannot be started: ${why}: ${argv[0]}`, {
      exitCode: EXIT.failed,
      where: hostname(),
      mend: 'Correct argv under serve in the lab file; a full path does not depend on PATH.',
      cause,
    });
  }
}

async function untilReady(
  target: AgentTarget,
  task: ServerTask,
  group: ProcessGroup,
  words: LastWords,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const timeout = AbortSignal.timeout(Math.round(task.ready_timeout_s * 1000));
  const asked = AbortSignal.any([signal, timeout, over.signal]);
  const ready = becomesReady({ url: target.url, readyUrl: task.ready_url, apiKey: target.api_key }, asked);
  const outcome = await Promise.race([ready, group.ended]);
  over.abort();
  if (outcome === true) return;
  signal.throwIfAborted();
  // Its last lines may still be on their way through the pipe.
  if (typeof outcome === 'string') await drained(group);
  const what = typeof outcome === 'string' ? `the server ${outcome} before it was ready` : late(task);
  throw new RidgeError(withWords(what, typeof outcome === 'string' ? words.line : words.last), {
    exitCode: EXIT.failed,
    where: target.url,
  });
}

const late = ({ ready_timeout_s }: ServerTask): string =>
  `the server was not ready within ${ready_timeout_s} s (ready_timeout_s) and was stopped`;

const withWords = (what: string, words: string | null): string =>
  words === null ? `${what}; it printed nothing` : `${what}: ${words}`;

const DRAIN_MS = 500;
const LAST_LINES_MS = 50;

/** Waits for the ends of the pipes, which children of an ended server may hold open. */
async function drained(group: ProcessGroup): Promise<void> {
  const ends = group.pipes.map((pipe) =>
    pipe.readableEnded ? null : new Promise((resolve) => pipe.once('end', resolve)),
  );
  await Promise.race([Promise.all(ends), sleep(DRAIN_MS)]);
}
