import { workFor } from './work-for.ts';

// Takes a share of a core until it is killed: busy for that share of every 20 ms.
const share = Number(process.argv[2]);
const PERIOD_MS = 20;

function work(): void {
  workFor(share * PERIOD_MS);
  setTimeout(work, (1 - share) * PERIOD_MS);
}
work();
