import { useApp, useInput, useStdin, useWindowSize } from 'ink';
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { RunControl } from '../run/events.ts';
import { Screen } from './screen.tsx';
import { isOver } from './state.ts';
import type { Store } from './store.ts';

interface AppProps {
  readonly store: Store;
  readonly control: RunControl;
  readonly nowS: () => number;
  /** Called when the user insists on leaving while the run is already stopping. */
  readonly onInsist: () => void;
}

/** The living screen: state, keys, the clock, and the way out when the run has ended. */
export function App({ store, control, nowS, onInsist }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.getState);
  const { columns, rows } = useWindowSize();
  const { exit } = useApp();
  useSecondTick();
  useKeys({ store, control, onInsist });
  useEffect(() => {
    if (isOver(state.runState)) exit();
  }, [state.runState, exit]);
  return <Screen state={state} nowS={nowS()} columns={columns} rows={rows} />;
}

/** Draws again every second, so that the clocks run while no event comes. */
function useSecondTick(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}

function useKeys({ store, control, onInsist }: Pick<AppProps, 'store' | 'control' | 'onInsist'>): void {
  const { isRawModeSupported } = useStdin();
  const onKey = (input: string, key: { readonly ctrl: boolean }): void => {
    const { runState } = store.getState();
    const interrupt = key.ctrl && input === 'c';
    if (interrupt || (!key.ctrl && input === 'q')) {
      if (runState === 'stopping') {
        if (interrupt) onInsist();
        return;
      }
      store.dispatch({ kind: 'stop_requested' });
      control.stop();
    } else if (input === 'p' && runState === 'running') {
      control.pause();
    } else if (input === 'p' && runState === 'paused') {
      control.resume();
    }
  };
  useInput(onKey, { isActive: isRawModeSupported });
}
