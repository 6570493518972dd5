import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../../src/core/names.ts';
import type { VolumeView } from '../../../src/driver/volume-driver.ts';
import { createFakeDriver } from '../../fakes/fake-driver.ts';
import { type ServedPage, servePage } from '../../lab/browser/served-page.ts';

const count = 5_000;
let turns = 0;
let served: ServedPage;

function* views(): Iterable<VolumeView> {
  for (let at = 0; at < count; at += 1) {
    const name = parseVolumeName(`volume-${at}`);
    const volume = { name, id: `${at}`, options: {}, given: {}, createdAt: '2024-01-02T03:04:05Z' };
    yield { volume, holders: [], details: { note: 'x'.repeat(500) } };
  }
}

beforeEach(async () => {
  const driver = Object.assign(createFakeDriver('gold'), { views });
  served = await servePage({ drivers: [driver] });
});
afterEach(() => served.close());

const headers = () => ({ Authorization: `Bearer ${served.token}` });

test('a long list is one JSON document with one item per line, and other work runs while it is sent', async () => {
  turns = 0;
  const other = setInterval(() => {
    turns += 1;
  }, 0);
  const answer = await fetch(`${served.address}/v1/volumes`, { headers: headers() });
  const text = await answer.text();
  clearInterval(other);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  const { volumes } = JSON.parse(text);
  expect(volumes).toHaveLength(count);
  expect(volumes.at(-1)).toMatchObject({ driver: 'gold', name: `volume-${count - 1}` });
  expect(text.split('\n')).toHaveLength(count + 2);
  expect(turns).toBeGreaterThan(5);
});

test('a caller that reads nothing or hangs up delays nobody', async () => {
  const port = Number(new URL(served.address).port);
  for (let times = 0; times < 3; times += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `GET /v1/volumes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${served.token}\r\nConnection: close\r\n\r\n`,
    );
    await once(socket, 'readable');
    const answer = await fetch(`${served.address}/v1/version`, { headers: headers() });
    expect(answer.status).toBe(200);
    socket.destroy();
  }
  expect((await fetch(`${served.address}/v1/volumes`, { headers: headers() })).status).toBe(200);
});
