import { readSync } from 'node:fs';
import { hostSeconds } from '../../src/host-clock.ts';
import { runDelaySeconds } from '../../src/run-delay.ts';
import { workFor } from './work-for.ts';

// Waits in a read of its standard input, a socket, and nowhere else: no event loop lies between the kernel's wake-up and the
// stamp. Prints for each of as many bytes as it was told when it was woken, on the host's clock, as far as it can know: what
// it then waited for a core is taken off, as from the client's own stamps. After each it works for so many milliseconds.
const [bytes, busyMs] = process.argv.slice(2).map(Number) as [number, number];
const buffer = Buffer.alloc(64);
const woken: number[] = [];
let delay = runDelaySeconds();
console.log('ready');
while (woken.length < bytes) {
  const count = readSync(0, buffer);
  const at = hostSeconds();
  const before = delay;
  delay = runDelaySeconds();
  if (count === 0) break;
  // Writes that came before the last one was read have its stamp, too.
  for (let each = 0; each < count; each++) woken.push(at - (delay - before));
  workFor(busyMs);
}
console.log(JSON.stringify(woken));
