import { connect } from 'node:net';
import { NULL_MODEL, type NullServerTiming } from './options.ts';
import { NullServer } from './server.ts';

/** Connections at once, as a load begins. */
const CONNECTIONS = 200;
const ROUNDS = 2;
const TOKENS = 16;
const TIMING: NullServerTiming = { periodMs: 1, firstTokenMs: 1, release: 'together', keepLog: true };

/**
 * Lets a server of this process answer requests of its own before others come: the first hundreds would wait for
 * milliseconds until its code is compiled, and every client would seem late by as much.
 */
export async function warmUp(): Promise<void> {
  const server = new NullServer(TIMING);
  const port = await server.listen();
  for (let round = 0; round < ROUNDS; round++)
    await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(port)));
  server.close();
}

/** One request over a connection of its own, until all of the answer has come. */
function ask(port: number): Promise<void> {
  const body = JSON.stringify({
    model: NULL_MODEL,
    prompt: [1, 2, 3],
    max_tokens: TOKENS,
    stream: true,
    stream_options: { include_usage: true, continuous_usage_stats: true },
  });
  const head = `POST /v1/completions HTTP/1.1\r\nhost: null\r\nx-request-id: warm-up-1\r\ncontent-length: ${body.length}\r\n\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (text.endsWith('0\r\n\r\n')) socket.destroy();
    });
    socket.once('error', reject).once('close', () => resolve());
    socket.write(head + body);
  });
}
