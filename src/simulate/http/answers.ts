import type { ServerResponse } from 'node:http';

/** An error as vLLM's API words it. */
export interface ApiError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly param: string | null;
}

export const badRequest = (message: string, param: string | null = null): ApiError => ({
  status: 400,
  type: 'BadRequestError',
  message,
  param,
});

export const errorBody = ({ message, type, param, status }: ApiError): object => ({
  error: { message, type, param, code: status },
});

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

export const sendError = (response: ServerResponse, error: ApiError): void =>
  sendJson(response, error.status, errorBody(error));
