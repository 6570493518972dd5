import { once } from 'node:events';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Response } from 'express';

/** Items of a list that are made into JSON at once. */
const slice = 250;
const type = 'application/json; charset=utf-8';

/** Sends an answer as JSON. A long list is sent in slices, so that no other call waits for it; each item is a line. */
export async function reply(response: Response, status: number, answer: unknown): Promise<void> {
  if (response.headersSent || response.destroyed) return;
  const long = longList(answer);
  if (long === undefined) return send(response, status, JSON.stringify(answer));
  response.writeHead(status, { 'Content-Type': type });
  response.write(`{${JSON.stringify(long.key)}:[\n`);
  for (let at = 0; at < long.items.length && !response.destroyed; at += slice) {
    const lines = long.items.slice(at, at + slice).map((item) => JSON.stringify(item));
    const isLast = at + slice >= long.items.length;
    const isTaken = response.write(lines.join(',\n') + (isLast ? '' : ',\n'));
    await (isTaken ? otherWork() : taken(response));
  }
  response.end('\n]}');
}

/** Not by Express, which looks at each answer for what no call has: another charset, an ETag. */
function send(response: Response, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}

/** The list in an answer that has nothing else. */
function longList(answer: unknown): { readonly key: string; readonly items: readonly unknown[] } | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const [first, ...more] = Object.entries(answer);
  if (first === undefined || more.length > 0) return undefined;
  const [key, items]: [string, unknown] = first;
  return Array.isArray(items) && items.length > slice ? { key, items } : undefined;
}

/** Waits until the caller has read what was written, or is gone. */
async function taken(response: Response): Promise<void> {
  const ended = new AbortController();
  const gone = once(response, 'close', { signal: ended.signal });
  await Promise.race([once(response, 'drain', { signal: ended.signal }), gone]);
  ended.abort();
  await gone.catch(() => undefined);
}
