import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One POST over a Unix socket. Rejects without an answer in time (default: 120 s, like Docker). */
export function post(socketPath: string, path: string, body: unknown, within = 120_000): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { Host: 'localhost', 'Content-Type': 'application/json' };
    const signal = AbortSignal.timeout(within);
    const call = request({ socketPath, path, method: 'POST', headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}
