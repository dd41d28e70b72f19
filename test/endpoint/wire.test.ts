import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { createEndpointPort, type EndpointPort } from '../../src/endpoint/port.ts';
import { randomIdPrompts } from '../../src/endpoint/prompts.ts';
import type { RequestTimeline } from '../../src/measure/timeline.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts';
import { sse, tokenChunk, usageChunk } from './fake-server.ts';

/** Answers every request that comes on a socket with `answer(order)`, raw. */
function serve(socket: Socket, answer: (order: number) => string): void {
  let pending = '';
  let order = 0;
  socket.on('error', () => {});
  socket.on('data', (bytes) => {
    pending += bytes.toString('latin1');
    const length = Number(/content-length: (\d+)/i.exec(pending)?.[1]);
    const end = pending.indexOf('\r\n\r\n') + 4 + length;
    if (!(pending.length >= end)) return;
    pending = pending.slice(end);
    socket.write(answer(order++));
  });
}

async function rawServer(
  answer: (order: number) => string,
  create: (listener: (socket: Socket) => void) => Server = createServer,
): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = create((socket) => {
    sockets.push(socket);
    serve(socket, answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

function portTo(url: string): EndpointPort {
  const port = createEndpointPort({
    url,
    apiKey: null,
    model: 'm',
    features: {
      token_id_prompts: true,
      cache_salt: true,
      continuous_usage: true,
      return_token_ids: true,
      metrics: true,
    },
    temperature: 0,
    seed: 1,
    prompts: randomIdPrompts(1000, 1),
    requestTimeoutSeconds: 5,
    stallTimeoutSeconds: 5,
  });
  onTestFinished(() => port.close());
  return port;
}

let sequence = 0;
const send = (port: EndpointPort): Promise<RequestTimeline> =>
  new Promise((resolve) => {
    const spec = { stream: 0, role: 'load', inputTokens: 7, outputTokens: 2, scheduledAt: 0 } as const;
    port.send({ ...spec, sequence: sequence++ }, resolve);
  });

const events = [
  sse(tokenChunk({ usage: [7, 1] })),
  sse(tokenChunk({ finish: 'length', usage: [7, 2] })),
  sse(usageChunk([7, 2])),
  sse('[DONE]'),
];
const body = events.map((event) => `${event.length.toString(16)}\r\n${event}\r\n`).join('');
const head = (...headers: string[]): string =>
  ['HTTP/1.1 200 OK', 'content-type: text/event-stream', ...headers, '', ''].join('\r\n');
const healthy = `${head('transfer-encoding: chunked')}${body}0\r\n\r\n`;
const completed = { state: 'completed', finish_reason: 'length' };

test('an answer after informational heads counts from its own head', async () => {
  const { port } = await rawServer(() => `HTTP/1.1 100 Continue\r\n\r\n${healthy}`);
  expect(await send(portTo(`http://127.0.0.1:${port}`))).toMatchObject({
    outcome: completed,
    chunks: { tokens: [1, 1] },
  });
});

test('a stream that ends with its connection is whole, and the next request opens a new one', async () => {
  const { port, sockets } = await rawServer(() => {
    setTimeout(() => sockets.at(-1)!.end(), 20);
    return head() + events.join('');
  });
  const client = portTo(`http://127.0.0.1:${port}`);
  expect((await send(client)).outcome).toEqual(completed);
  expect((await send(client)).outcome).toEqual(completed);
  expect(sockets).toHaveLength(2);
});

test('a server that says that it closes is believed', async () => {
  const { port, sockets } = await rawServer(
    () => `${head('transfer-encoding: chunked', 'connection: close')}${body}0\r\n\r\n`,
  );
  const client = portTo(`http://127.0.0.1:${port}`);
  for (let i = 0; i < 2; i++) expect((await send(client)).outcome).toEqual(completed);
  expect(sockets).toHaveLength(2);
});

test('a connection that the server closed while it was idle is not used again', async () => {
  const { port, sockets } = await rawServer(() => healthy);
  const client = portTo(`http://127.0.0.1:${port}`);
  expect((await send(client)).outcome).toEqual(completed);
  sockets[0]!.end();
  await once(sockets[0]!, 'close');
  expect((await send(client)).outcome).toEqual(completed);
  expect(sockets).toHaveLength(2);
});

test('bytes after a whole answer cost the connection, not the answer', async () => {
  const { port, sockets } = await rawServer(() => `${healthy}HTTP/1.1 200 OK\r\n`);
  const client = portTo(`http://127.0.0.1:${port}`);
  for (let i = 0; i < 2; i++) expect((await send(client)).outcome).toEqual(completed);
  expect(sockets).toHaveLength(2);
});

test('a content coding that nobody asked for is named', async () => {
  const { port } = await rawServer(() => `${head('content-encoding: gzip', 'content-length: 2')}\x1f\x8b`);
  expect((await send(portTo(`http://127.0.0.1:${port}`))).outcome).toMatchObject({
    kind: 'protocol',
    message: expect.stringContaining('gzip'),
  });
});

test('a server with a certificate that the system trusts is spoken to over TLS; another is refused', async () => {
  const tls = (listener: (socket: Socket) => void) =>
    createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE }, listener);
  const { port } = await rawServer(() => healthy, tls);
  const url = `https://localhost:${port}`;
  expect((await send(portTo(url))).outcome).toMatchObject({ kind: 'connection' });
  const before = getCACertificates('default');
  onTestFinished(() => setDefaultCACertificates(before));
  setDefaultCACertificates([...before, TEST_CERTIFICATE]);
  const client = portTo(url);
  const timeline = await send(client);
  expect(timeline.outcome).toEqual(completed);
  expect(timeline.chunks.tokens).toEqual([1, 1]);
  expect((await send(client)).outcome).toEqual(completed);
  expect(await client.counts()).toMatchObject({ connections: 1 });
});

test('without a file left to open, the failure says which limit to raise', async () => {
  const { port } = await rawServer(() => healthy);
  const script = `
    const { connect } = await import('node:net');
    const { describe } = await import(${JSON.stringify(new URL('../../src/endpoint/failure.ts', import.meta.url).href)});
    const sockets = [];
    for (let i = 0; i < 200; i++)
      sockets.push(connect(${port}, '127.0.0.1').on('error', (error) => {
        console.log(describe(error));
        process.exit(0);
      }));`;
  const { stdout } = await execa('sh', [
    '-c',
    'ulimit -n 80; exec "$0" --input-type=module -e "$1"',
    process.execPath,
    script,
  ]);
  expect(stdout).toContain('this process may open 80 files: raise the limit (ulimit -n)');
});
