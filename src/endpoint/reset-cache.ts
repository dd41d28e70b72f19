import { askAnyway, type EndpointAccess } from './questions.ts';

/**
 * Empties the server's prefix cache where it offers that; the server must be idle. vLLM answers 200 whether it worked or
 * not, so that prefix hits are still counted.
 * @param path where the server offers it, null where it does not
 * @returns whether the server said that it did
 */
export async function resetPrefixCache(access: EndpointAccess, path: string | null): Promise<boolean> {
  if (path === null) return false;
  const { status } = await askAnyway(access, path, { method: 'POST' });
  return status === 200;
}
