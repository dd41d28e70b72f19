import nodeConsole from 'node:console';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { renderDashboard } from '../../src/dashboard/render-dashboard.tsx';
import type { RunEvent } from '../../src/run/events.ts';
import { DEMO_PLAN, recording, runStarted } from './events.ts';

// vitest's own console lacks the class that Ink needs to keep log lines out of the frame.
beforeEach(() => vi.stubGlobal('console', nodeConsole));
afterEach(() => vi.unstubAllGlobals());

/** A terminal of 80 by 24 that keeps what is written to it. */
class Terminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  written = '';
  write(text: string, done?: () => void): boolean {
    this.written += text;
    done?.();
    return true;
  }
}

/** A keyboard in the form that Ink reads: `readable`, then `read` until null. */
class Keyboard extends EventEmitter {
  readonly isTTY = true;
  private readonly pressed: string[] = [];
  press(key: string): void {
    this.pressed.push(key);
    this.emit('readable');
  }
  read = (): string | null => this.pressed.shift() ?? null;
  setEncoding(): void {}
  setRawMode(): void {}
  resume(): void {}
  pause(): void {}
  ref(): void {}
  unref(): void {}
}

function open(environment: Record<string, string> = { TERM: 'xterm-256color' }) {
  const terminal = new Terminal();
  const keyboard = new Keyboard();
  const control = { pause: vi.fn(), resume: vi.fn(), stop: vi.fn() };
  let send: (event: RunEvent) => void = () => {};
  const unsubscribe = vi.fn();
  const dashboard = renderDashboard({
    subscribe: (listener) => {
      send = listener;
      return unsubscribe;
    },
    control,
    stream: terminal as unknown as NodeJS.WriteStream,
    input: keyboard as unknown as NodeJS.ReadStream,
    environment,
  });
  return { terminal, keyboard, control, unsubscribe, send: (event: RunEvent) => send(event), dashboard };
}

const finishedEvent = recording(DEMO_PLAN).at(-1)!;

describe('keys', () => {
  let opened: ReturnType<typeof open>;
  beforeEach(async () => {
    opened = open();
    opened.send(runStarted(DEMO_PLAN));
    await vi.waitFor(() => expect(opened.terminal.written).toContain('q stop'));
    return () => opened.dashboard.close();
  });

  test('q asks the run to stop, once, and says so', async () => {
    opened.keyboard.press('q');
    opened.keyboard.press('q');
    await vi.waitFor(() => expect(opened.terminal.written).toContain('STOPPING'));
    expect(opened.control.stop).toHaveBeenCalledTimes(1);
  });

  test('Ctrl-C stops too; once more it interrupts the process', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    opened.keyboard.press('\u0003');
    await vi.waitFor(() => expect(opened.control.stop).toHaveBeenCalledTimes(1));
    expect(kill).not.toHaveBeenCalled();
    opened.keyboard.press('\u0003');
    await vi.waitFor(() => expect(kill).toHaveBeenCalledWith(process.pid, 'SIGINT'));
  });

  test('p pauses, and goes on once the run has paused', async () => {
    opened.keyboard.press('p');
    await vi.waitFor(() => expect(opened.control.pause).toHaveBeenCalledTimes(1));
    opened.send({ kind: 'paused' });
    await vi.waitFor(() => expect(opened.terminal.written).toContain('PAUSED'));
    opened.keyboard.press('p');
    await vi.waitFor(() => expect(opened.control.resume).toHaveBeenCalledTimes(1));
  });
});

test('it is finished after run_finished, with the last frame on the terminal', async () => {
  const { dashboard, send, terminal, unsubscribe } = open();
  for (const event of recording(DEMO_PLAN)) send(event);
  await dashboard.finished;
  expect(terminal.written).toContain('FINISHED');
  expect(terminal.written).toContain('24/24 cells');
  expect(unsubscribe).toHaveBeenCalled();
});

test('close ends the drawing of a run that failed early', async () => {
  const { dashboard } = open();
  dashboard.close();
  await expect(dashboard.finished).resolves.toBeUndefined();
});

test('NO_COLOR leaves no colour code on the terminal', async () => {
  const { dashboard, send, terminal } = open({ TERM: 'xterm-256color', NO_COLOR: '1' });
  send(runStarted(DEMO_PLAN));
  send(finishedEvent);
  await dashboard.finished;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SGR codes are what must be absent
  expect(terminal.written).not.toMatch(/\u001b\[[\d;]*m/);
});
