/** Engines under the names that files give them. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['trt', 'tensorrt-llm'],
  ['trtllm', 'tensorrt-llm'],
  ['tensorrt', 'tensorrt-llm'],
  ['tensorrtllm', 'tensorrt-llm'],
]);

export function engineName(word: string): string {
  const plain = word.toLowerCase();
  return NAMES.get(plain) ?? plain;
}

const VERSION = String.raw`v?(\d+(?:\.\d+)+(?:[a-z]+\d*|\.[a-z]+\d*)*)`;

/**
 * The engine's version out of a container image's tag: `vllm/vllm-openai:v0.13.0` is 0.13.0, a tag that names the
 * engine itself (`...-atom0.1.1-...`) counts before its beginning; null when neither is a version.
 */
export function versionFromImage(image: string, framework: string): string | null {
  const tag = image.slice(image.lastIndexOf(':') + 1).toLowerCase();
  const word = framework.toLowerCase().replace(/[^a-z]/g, '');
  const own = word === '' ? null : new RegExp(`(?:^|-)${word}-?${VERSION}`).exec(tag);
  return (own ?? new RegExp(`^${VERSION}`).exec(tag))?.[1] ?? null;
}
