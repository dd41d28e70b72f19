import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * A server that answers /health and /v1/models and prints what vLLM prints: `node fake-server.ts PORT MODE [FILE]`.
 * Every start is a line of FILE with its process id.
 */
const [port = '0', mode = 'good', file] = process.argv.slice(2);
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const prefix = '(EngineCore pid=7) INFO 01-01 00:00:00 [core.py:1]';
if (file !== undefined) appendFileSync(file, `${process.pid}\n`);

print(`(APIServer pid=1) INFO 01-01 00:00:00 [x.py:1] non-default args: {'max_num_seqs': 48}`);
print(
  `${prefix} Initializing a V1 LLM engine (v0.32.0) with config: dtype=torch.bfloat16, tensor_parallel_size=1`,
);
print(`${prefix} Chunked prefill is enabled with max_num_batched_tokens=1536.`);
print(`${prefix} GPU KV cache size: 123,456 tokens`);
if (process.env.FAKE_SECRET)
  print(`the key is ${process.env.FAKE_SECRET}, and again ${process.env.FAKE_SECRET}`);

switch (mode) {
  case 'exits':
    console.error('Traceback (most recent call last):');
    console.error('ValueError: No available memory for the cache blocks.');
    console.error('RuntimeError: Engine core initialization failed. See root cause above.');
    process.exit(7);
    break;
  case 'never':
    print('Loading weights: 3 %');
    setInterval(() => undefined, 1000);
    break;
  default:
    serve();
}

function serve(): void {
  if (mode === 'stubborn') process.on('SIGTERM', () => print('not yet'));
  if (mode === 'stubborn' || mode === 'family') {
    // A worker that would outlive its parent.
    const worker = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    if (file !== undefined) appendFileSync(file, `${worker.pid}\n`);
  }
  const server = createServer((request, response) => {
    if (request.url === '/die') process.exit(9);
    const known = request.url === '/health' || request.url === '/v1/models';
    const key = process.env.FAKE_SECRET;
    const refused = key !== undefined && request.headers.authorization !== `Bearer ${key}`;
    response.statusCode = !known ? 404 : refused && request.url !== '/health' ? 401 : 200;
    response.end('{"object":"list","data":[]}');
  });
  server.listen(Number(port), '127.0.0.1', () => print('Application startup complete.'));
}
