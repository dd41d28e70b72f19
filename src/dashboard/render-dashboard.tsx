import { render } from 'ink';
import { wantsColour } from '../report/style.ts';
import type { RunControl, RunEvent } from '../run/events.ts';
import { App } from './app.tsx';
import { glyphsFor } from './glyphs.ts';
import { LookProvider } from './look.tsx';
import { createStore } from './store.ts';

export interface DashboardOptions {
  /** Calls the listener with every event of the run from now on; returns the way to stop that. */
  readonly subscribe: (listener: (event: RunEvent) => void) => () => void;
  readonly control: RunControl;
  /** The terminal to draw on. */
  readonly stream: NodeJS.WriteStream;
  /** Where keys come from. Default: `process.stdin`. */
  readonly input?: NodeJS.ReadStream;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface Dashboard {
  /** Settles when the last frame is on the terminal after `run_finished`, or after `close`. */
  readonly finished: Promise<void>;
  /** Ends the drawing early, for a run that failed before it could finish. */
  close(): void;
}

/** React's development build is slower by half, so the caller sets `NODE_ENV=production` before importing this. */
const MAX_FRAMES_PER_S = 4;

/**
 * Draws a run on a terminal until `run_finished`. Call it before the run starts. Keys: `q` and Ctrl-C stop the run
 * cleanly, Ctrl-C once more raises SIGINT for this process, `p` pauses and resumes between cells.
 */
export function renderDashboard(options: DashboardOptions): Dashboard {
  const { subscribe, control, stream, input = process.stdin, environment = process.env } = options;
  const nowS = (): number => performance.now() / 1000;
  const store = createStore(nowS);
  const look = { colour: wantsColour(stream, environment), glyphs: glyphsFor(environment) };
  const unsubscribe = subscribe(store.dispatch);
  const insist = (): void => {
    instance.unmount();
    process.kill(process.pid, 'SIGINT');
  };
  const instance = render(
    <LookProvider value={look}>
      <App store={store} control={control} nowS={nowS} onInsist={insist} />
    </LookProvider>,
    {
      stdout: stream,
      stdin: input,
      exitOnCtrlC: false,
      maxFps: MAX_FRAMES_PER_S,
      interactive: true,
    },
  );
  return {
    finished: instance.waitUntilExit().then(unsubscribe, unsubscribe),
    close: () => instance.unmount(),
  };
}
