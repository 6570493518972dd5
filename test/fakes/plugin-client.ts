import { type Agent, request } from 'node:http';

export interface PluginAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** The parsed body; undefined if it is not JSON. */
  readonly json: unknown;
}

export interface CallParts {
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

/**
 * Calls a plugin as the engine does: POST, no Content-Type. An object is sent as JSON, a string unchanged, undefined as an
 * empty body.
 */
export function callPlugin(
  socketPath: string,
  path: string,
  body?: unknown,
  parts: CallParts = {},
): Promise<PluginAnswer> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const headers = { Host: '', Accept: 'application/vnd.docker.plugins.v1.2+json', ...parts.headers };
    const { method = 'POST', agent, signal } = parts;
    const call = request(
      {
        socketPath,
        path: `/${path}`,
        method,
        headers,
        ...(agent ? { agent } : {}),
        ...(signal ? { signal } : {}),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const contentType = response.headers['content-type'] ?? '';
          resolve({ status: response.statusCode ?? 0, contentType, text, json: parse(text) });
        });
      },
    );
    call.on('error', reject);
    call.end(payload);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
