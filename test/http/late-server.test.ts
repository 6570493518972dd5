import { once } from 'node:events';
import { get } from 'node:http';
import { expect, test } from '@jest/globals';
import express, { type Express } from 'express';
import { VolumeError } from '../../src/core/volume-error.ts';
import { sendError } from '../../src/http/admin/send-error.ts';
import { createLateServer } from '../../src/http/wired-server.ts';

test('an application that cannot be loaded is answered for, and loaded by a later request', async () => {
  const loads = [() => Promise.reject(new Error('ENOENT: app.js')), async () => answering('loaded')];
  const server = createLateServer(
    () => loads.shift()?.() ?? Promise.reject(new Error('It was loaded before.')),
    (response, error) => sendError(response, 500, new VolumeError('failed', String(error))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answers = [await ask(server.address()), await ask(server.address()), await ask(server.address())];
    expect(answers).toEqual([
      { status: 500, text: '{"error":{"code":"failed","message":"Error: ENOENT: app.js"}}' },
      { status: 200, text: 'loaded' },
      { status: 200, text: 'loaded' },
    ]);
  } finally {
    server.close();
  }
});

function answering(text: string): Express {
  const app = express();
  app.use((_, response) => {
    response.send(text);
  });
  return app;
}

async function ask(
  address: unknown,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  if (typeof address !== 'object' || address === null || !('port' in address)) throw new Error('no TCP port');
  const asked = get({ host: '127.0.0.1', port: Number(address.port), agent: false });
  const [response] = await once(asked, 'response');
  let text = '';
  for await (const part of response.setEncoding('utf8')) text += part;
  return { status: response.statusCode, text };
}
