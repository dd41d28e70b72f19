import { EXIT, RidgeError } from '../errors.ts';
import { describe } from './failure.ts';
import { ask, endpointUrl, type HttpAnswer, type HttpAsk } from './http.ts';

/** How to reach an endpoint with questions beside the measured load. */
export interface EndpointAccess {
  /** Base URL of the server, without `/v1`. */
  readonly url: string;
  readonly apiKey: string | null;
  /** Name of the environment variable that the key came from; named in errors. */
  readonly apiKeyEnv: string | null;
  readonly timeoutMs?: number;
}

/**
 * Asks the endpoint once.
 * @throws RidgeError (exit 3) when it does not answer in time, or refuses the key
 */
export async function askEndpoint(
  access: EndpointAccess,
  path: string,
  options: Pick<HttpAsk, 'method' | 'json' | 'timeoutMs'> = {},
): Promise<HttpAnswer> {
  const answer = await askAnyway(access, path, options);
  if (answer.status === 401 || answer.status === 403) {
    throw refused(access, endpointUrl(access.url, path), answer.status);
  }
  return answer;
}

/** As `askEndpoint`, but a refusal is an answer like any other. */
export async function askAnyway(
  access: EndpointAccess,
  path: string,
  options: Pick<HttpAsk, 'method' | 'json' | 'timeoutMs'> = {},
): Promise<HttpAnswer> {
  const url = endpointUrl(access.url, path);
  try {
    return await ask(url, { timeoutMs: access.timeoutMs ?? 10_000, ...options, apiKey: access.apiKey });
  } catch (error) {
    throw new RidgeError(`the endpoint does not answer: ${describe(error)}`, {
      exitCode: EXIT.failed,
      where: url,
      mend: 'Is the server up, and is this its URL as seen from the host of the agent?',
      cause: error,
    });
  }
}

function refused(access: EndpointAccess, url: string, status: number): RidgeError {
  const mend =
    access.apiKeyEnv === null
      ? "Name the environment variable that holds the server's key: api_key_env in the lab file."
      : access.apiKey
        ? `The key comes from the environment variable ${access.apiKeyEnv} (api_key_env); is it the server's?`
        : `The environment variable ${access.apiKeyEnv} (api_key_env) is not set where ridge was started.`;
  return new RidgeError(`the endpoint refuses the request (HTTP ${status})`, {
    exitCode: EXIT.failed,
    where: url,
    mend,
  });
}

/** An optional page of the endpoint: its text, or null where there is none, or none for us. */
export async function optionalPage(
  access: EndpointAccess,
  path: string,
  options: Pick<HttpAsk, 'timeoutMs'> = {},
): Promise<string | null> {
  const { status, text } = await askAnyway(access, path, options);
  return status === 200 ? text : null;
}

/** A body as JSON; undefined when it is none. */
export function parseJson(body: string | null): unknown {
  try {
    return body === null ? undefined : JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The answer's body as JSON; undefined when it is none. */
export const jsonOf = (answer: HttpAnswer): unknown => parseJson(answer.text);
