import { Box } from 'ink';
import { Tint } from './look.tsx';
import type { Warning } from './state.ts';

interface WarningsProps {
  readonly warnings: readonly Warning[];
  readonly rows: number;
}

/** The last warnings, newest below. */
export function Warnings({ warnings, rows }: WarningsProps) {
  const last = warnings.slice(Math.max(0, warnings.length - rows));
  return (
    <Box flexDirection="column">
      {last.map(({ sequence, target, message }) => (
        <Tint key={sequence} tone="doubtful">
          {`! ${target === null ? '' : `${target}: `}${message}`}
        </Tint>
      ))}
    </Box>
  );
}
