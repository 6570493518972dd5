import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../src/core/names.ts';
import { enginesWithOwn } from '../../src/engines/own-volume.ts';
import { askHere } from '../../src/engines/questions.ts';
import { inTime } from '../lab/in-time.ts';

const db = parseVolumeName('db');
let folder: string;
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(folder, { recursive: true });
});

async function engine(answer: RequestListener) {
  const socket = join(folder, `${servers.length}.sock`);
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return { name: 'Docker', kind: 'Docker', isUsual: true, command: 'docker', socket } as const;
}

/** An engine with these volumes, which lists those of the driver that is asked for; the values are their drivers. */
const having = (volumes: Readonly<Record<string, string>>): RequestListener => {
  return ({ url }, response) => {
    const { pathname, searchParams } = new URL(url ?? '', 'http://engine');
    const wanted: { driver: readonly string[] } = JSON.parse(searchParams.get('filters') ?? '');
    const listed = Object.entries(volumes).map(([Name, Driver]) => ({ Name, Driver }));
    const Volumes = listed.filter(({ Driver }) => wanted.driver.includes(Driver));
    response.statusCode = pathname === '/volumes' ? 200 : 404;
    response.end(JSON.stringify({ Volumes, Warnings: null }));
  };
};

describe('an engine has its own volume', () => {
  test('when its local driver has the name', async () => {
    const [own, ours, none] = [
      await engine(having({ db: 'local' })),
      await engine(having({ db: 'holdfast' })),
      await engine(having({ other: 'local' })),
    ];
    expect(await enginesWithOwn(askHere, db, [own, ours, none])).toEqual([{ engine: own }]);
  });

  test.each<[string, RequestListener]>([
    [
      'an error',
      (_, response) => void response.writeHead(500).end('{"Volumes":[{"Name":"db","Driver":"local"}]}'),
    ],
    ['no JSON', (_, response) => void response.end('<html>')],
    ['another shape', (_, response) => void response.end('[1]')],
    ['null', (_, response) => void response.end('null')],
    [
      'a partial answer',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': 99 }).write('{');
        setImmediate(() => response.destroy());
      },
    ],
    ['more than the limit', (_, response) => void response.end(' '.repeat(2 * 1024 * 1024))],
    ['nothing', (request) => void request.socket.destroy()],
  ])('is unknown if it answers %s', async (_, answer) => {
    const odd = await engine(answer);
    expect(await enginesWithOwn(askHere, db, [odd])).toEqual([{ engine: odd, unknown: expect.any(String) }]);
  });

  test.each(['"Name":"web","Driver":"local"', '"Name":"db","Driver":"holdfast"'])(
    'not if it answers {%s}',
    async (volume) => {
      const other = await engine((_, response) => void response.end(`{"Volumes":[{${volume}}]}`));
      expect(await enginesWithOwn(askHere, db, [other])).toEqual([]);
    },
  );

  test('and is never asked for a name, after which it would keep whichever driver it asks first', async () => {
    const asked: string[] = [];
    const listener = having({ db: 'holdfast' });
    const recording = await engine((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://engine').pathname);
      listener(request, response);
    });
    await enginesWithOwn(askHere, db, [recording]);
    expect(asked).toEqual(['/volumes']);
  });

  test('not if nothing listens', async () => {
    const nobody = {
      name: 'Docker',
      kind: 'Docker' as const,
      isUsual: true,
      command: 'docker',
      socket: join(folder, 'none.sock'),
    };
    expect(await enginesWithOwn(askHere, db, [nobody])).toEqual([]);
  });

  test('is unknown if it does not answer within 2 s', async () => {
    const silent = await engine(() => undefined);
    expect(await inTime(4_000, () => enginesWithOwn(askHere, db, [silent]))).toEqual([
      { engine: silent, unknown: expect.stringContaining('timeout') },
    ]);
  });
});
