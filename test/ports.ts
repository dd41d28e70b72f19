import { createServer } from 'node:net';

/** Below the ports that systems give to who asks for any (from 32768 on Linux, 49152 elsewhere). */
const [FIRST, COUNT] = [15_000, 15_000];
let offered = (process.pid * 127) % COUNT;

/** A free port of 127.0.0.1 that stays so until a test takes it: no server on any port and no connection gets it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (offered++ % COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
