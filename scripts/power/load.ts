const PROMPT_TOKENS = 384;
const OUTPUT_TOKENS = 96;

/** A closed loop of streams on an endpoint until it is stopped; what it measures does not matter here. */
export function startLoad(url: string, streams: number): { stop(): Promise<void> } {
  const over = new AbortController();
  const loops = Array.from({ length: streams }, async (_, stream) => {
    for (let request = 0; !over.signal.aborted; request += 1) {
      await ask(url, stream * 1_000 + request, over.signal).catch((error: unknown) => {
        if (!over.signal.aborted) throw error;
      });
    }
  });
  return {
    async stop() {
      over.abort();
      await Promise.all(loops);
    },
  };
}

async function ask(url: string, seed: number, signal: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      prompt: Array.from(
        { length: PROMPT_TOKENS },
        (_, index) => 100 + ((seed * 7919 + index * 31) % 50_000),
      ),
      max_tokens: OUTPUT_TOKENS,
      ignore_eos: true,
      stream: true,
    }),
    signal,
  });
  if (!response.ok) throw new Error(`${url} answers HTTP ${response.status}`);
  await response.body?.pipeTo(new WritableStream());
}
