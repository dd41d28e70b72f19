import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { sse, tokenChunk, usageChunk } from '../endpoint/fake-server.ts';

/** What a server writes on its socket once a whole request has come. */
export type RawAnswer = (
  socket: Socket,
  request: { readonly prompt: number; readonly output: number },
) => void;

/** A server that answers each request by its own bytes. */
export async function rawServer(answer: RawAnswer): Promise<{ url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The client leaves when it likes.
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const asked = wholeRequest(text);
      if (asked === null) return;
      text = '';
      answer(socket, asked);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function wholeRequest(text: string): { prompt: number; output: number } | null {
  const split = text.indexOf('\r\n\r\n');
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  if (split < 0 || text.length < split + 4 + length) return null;
  const { prompt, max_tokens } = JSON.parse(text.slice(split + 4)) as {
    prompt: number[];
    max_tokens: number;
  };
  return { prompt: prompt.length, output: max_tokens };
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n';

function stream({ prompt, output }: { prompt: number; output: number }): string {
  const chunks = Array.from({ length: output }, (_, index) =>
    sse(tokenChunk({ finish: index + 1 === output ? 'length' : null, usage: [prompt, index + 1] })),
  );
  return [...chunks, sse(usageChunk([prompt, output])), sse('[DONE]')].join('');
}

export const rawAnswers = {
  smtp: (socket) => void socket.end('220 smtp.example ready\r\n'),

  slowHeader: (socket, request) => {
    const body = stream(request);
    const head = `${HEAD}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    let at = 0;
    const next = (): void => {
      if (at === head.length) socket.write(body);
      else socket.write(head[at++]!, () => setImmediate(next));
    };
    next();
  },

  endlessHeader: (socket) => {
    socket.write(HEAD);
    const more = (): void => {
      if (socket.writable) socket.write(`x-more: ${'x'.repeat(8000)}\r\n`, () => setImmediate(more));
    };
    more();
  },

  shortBody: (socket, request) => {
    const body = stream(request);
    socket.end(`${HEAD}content-length: ${Buffer.byteLength(body) + 10}\r\n\r\n${body}`);
  },

  badChunk: (socket, request) => {
    const body = stream(request).slice(0, 40);
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n28\r\n${body}\r\nzz\r\n`);
  },
} satisfies Record<string, RawAnswer>;
