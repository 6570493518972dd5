import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import type { Json } from '../../src/core/json.ts';
import { createDaemon } from '../../src/web/api.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A daemon that gives this answer to everything; `parts` are sent one after the other. */
async function answering(
  status: number,
  parts: readonly string[],
  end: 'ended' | 'cut' = 'ended',
): Promise<string> {
  const made = createServer(async (request, response) => {
    response.writeHead(status, { 'Seen-Token': request.headers.authorization ?? 'none' });
    for (const part of parts) await new Promise((resolve) => response.write(part, resolve));
    if (end === 'ended') response.end();
    else response.destroy();
  });
  servers.push(made);
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const address = made.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

const { signal } = new AbortController();
const daemon = createDaemon('token');

async function itemsOf(url: string) {
  const items: Json[] = [];
  const asked = await daemon.items(url, signal, (some) => items.push(...some));
  return { asked, items };
}

test('an answer, a refusal and an error are distinguished', async () => {
  expect(await daemon.ask(await answering(200, ['{"a":1}']), signal)).toEqual({
    kind: 'told',
    answer: { a: 1 },
  });
  const verdict = await answering(503, ['{"state":"not-ready"}']);
  expect(await daemon.ask(verdict, signal)).toEqual({ kind: 'told', answer: { state: 'not-ready' } });
  expect(await daemon.ask(await answering(401, ['']), signal)).toEqual({ kind: 'refused' });
  const error = await answering(503, ['{"error":{"code":"unavailable","message":"Not now."}}']);
  expect(await daemon.ask(error, signal)).toEqual({ kind: 'failed', reason: 'Not now.' });
  const nonsense = await answering(200, ['<html>']);
  expect(await daemon.ask(nonsense, signal)).toMatchObject({ kind: 'failed' });
  expect(await daemon.ask('http://127.0.0.1:1/', signal)).toMatchObject({ kind: 'failed' });
});

test.each([
  ['on one line', ['{"volumes":[{"a":1},{"a":2}]}']],
  ['with an item a line', ['{"volumes":[\n{"a":1},\n{"a":2}\n]}']],
  ['in parts that end anywhere', ['{"volu', 'mes":[\n{"a"', ':1}', ',\n{"a":2', '}\n', ']', '}']],
])('a list %s is read whole', async (_, parts) => {
  expect(await itemsOf(await answering(200, parts))).toEqual({
    asked: { kind: 'all' },
    items: [{ a: 1 }, { a: 2 }],
  });
});

test('an empty list has no items', async () => {
  expect(await itemsOf(await answering(200, ['{"volumes":[]}']))).toEqual({
    asked: { kind: 'all' },
    items: [],
  });
});

test('a list that was cut off is not taken for a shorter one', async () => {
  for (const end of ['ended', 'cut'] as const) {
    const { asked } = await itemsOf(await answering(200, ['{"volumes":[\n{"a":1},\n'], end));
    expect(asked).toMatchObject({ kind: 'failed' });
  }
});

test('a list that is refused or fails is not an empty one', async () => {
  expect((await itemsOf(await answering(401, ['']))).asked).toEqual({ kind: 'refused' });
  const error = await answering(500, ['{"error":{"code":"failed","message":"Broken."}}']);
  expect((await itemsOf(error)).asked).toEqual({ kind: 'failed', reason: 'Broken.' });
});
