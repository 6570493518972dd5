import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createAdminClient } from '../../src/cli/admin-client.ts';

let folder = '';
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-client-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function listen(answer: RequestListener): Promise<string> {
  const path = join(folder, 'admin.sock');
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return path;
}

const ask = (path: string, deadline?: number) => createAdminClient(path, deadline).ask('GET', '/v1/version');

describe('when no daemon answers', () => {
  test.each(['missing.sock', 'file', 'file/below'])(
    'on %s, the error says how to start it',
    async (place) => {
      await writeFile(join(folder, 'file'), '');
      const path = join(folder, place);
      await expect(ask(path)).rejects.toMatchObject({
        code: 'unavailable',
        message: `No daemon answers on ${path}: start it with \`holdfast serve\`, or name its socket with --socket.`,
      });
      expect(await createAdminClient(path).isAnswered()).toBe(false);
    },
  );
});

describe('when the daemon answers', () => {
  test('the result is the body', async () => {
    const path = await listen((_, response) => response.end('{"version":"1"}'));
    expect(await ask(path)).toEqual({ version: '1' });
    expect(await createAdminClient(path).isAnswered()).toBe(true);
  });

  test.each<[string, RequestListener, string, RegExp]>([
    ['with no JSON', (_, response) => response.end('<html>'), 'failed', /is not Holdfast/],
    ['with a value that is not an object', (_, response) => response.end('5'), 'failed', /is not Holdfast/],
    [
      'with an error of its own',
      (_, response) => response.writeHead(500).end('{}'),
      'failed',
      /is not Holdfast/,
    ],
    [
      'with a code that only a newer daemon knows',
      (_, response) => response.writeHead(418).end('{"error":{"code":"teapot","message":"I am one."}}'),
      'failed',
      /^I am one\.$/,
    ],
    [
      'that it has no such call, as an older one would',
      (request, response) => {
        const message = `There is no ${request.method} ${request.url}: docs/reference/cli.md lists the calls.`;
        response.writeHead(404).end(JSON.stringify({ error: { code: 'not-found', message } }));
      },
      'failed',
      /does not know this command: its version is another one .*Restart the daemon/,
    ],
    [
      'in another protocol',
      ({ socket }) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      'failed',
      /is not Holdfast/,
    ],
    [
      'only partially',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 100 });
        response.write('{');
        setTimeout(() => response.destroy(), 20);
      },
      'unavailable',
      /was lost/,
    ],
    ['and hangs up', (request) => request.destroy(), 'unavailable', /was lost/],
  ])('%s, that is an error with a sentence', async (_, answer, code, message) => {
    const path = await listen(answer);
    await expect(ask(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('too late, the error says that the work may continue', async () => {
    const path = await listen(() => undefined);
    await expect(ask(path, 100)).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('has not answered within 0.1 s'),
    });
  });
});
