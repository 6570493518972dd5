import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { containerUsers } from '../../src/engines/container-users.ts';
import { askHere } from '../../src/engines/questions.ts';
import { engineAt } from '../../src/engines/usual-engines.ts';

let folder: string;
let server: Server | undefined;
beforeAll(() => import('dockerode'));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-client-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function engine(answer: RequestListener) {
  const socket = join(folder, 'engine.sock');
  const listening = createServer(answer);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(socket, resolve));
  return { name: 'Docker', kind: 'Docker', isUsual: true, command: 'docker', socket } as const;
}

const container = (id: string, state: string, ...mounts: readonly object[]) => ({
  Id: id,
  Names: [`/${id}-name`],
  State: state,
  Mounts: mounts,
});
const mounted = (name: string, driver: string) => ({
  Type: 'volume',
  Name: name,
  Driver: driver,
  Destination: '/d',
});

describe('the containers that refer to a volume', () => {
  test('are those of our drivers, running or not, whatever else the engine lists', async () => {
    const asked: (string | undefined)[] = [];
    const docker = await engine(({ url }, response) => {
      asked.push(url);
      response.end(
        JSON.stringify([
          container('running', 'running', mounted('db', 'gold')),
          container('stopped', 'exited', mounted('other', 'gold'), mounted('db', 'gold:latest')),
          container('own', 'running', mounted('db', 'local')),
          container('bind', 'running', { Type: 'bind', Source: '/db', Destination: '/d' }),
        ]),
      );
    });
    expect(await containerUsers(askHere, 'db', ['gold'], [docker])).toEqual({
      containers: [
        { engine: 'Docker', id: 'running', name: 'running-name', state: 'running', destination: '/d' },
        { engine: 'Docker', id: 'stopped', name: 'stopped-name', state: 'exited', destination: '/d' },
      ],
      silent: [],
    });
    const query = new URL(asked[0] ?? '', 'http://engine').searchParams;
    expect([query.get('all'), JSON.parse(query.get('filters') ?? '')]).toEqual(['true', { volume: ['db'] }]);
  });

  test('have names without control characters, of limited length', async () => {
    const docker = await engine((_, response) =>
      response.end(
        JSON.stringify([
          {
            ...container('c', '\u001b[2J', mounted('db', 'gold')),
            Names: [`/\u001b[31m${'x'.repeat(9_999)}`],
          },
        ]),
      ),
    );
    const [seen] = (await containerUsers(askHere, 'db', ['gold'], [docker])).containers;
    expect(seen?.state).toBe('\\u001b[2J');
    expect(seen?.name).toMatch(/^\\u001b\[31mx{200,300}$/);
  });

  test('are unknown, and not none, if the engine does not answer', async () => {
    const silent = await engine(() => undefined);
    const began = performance.now();
    const { containers, silent: engines } = await containerUsers(askHere, 'db', ['gold'], [silent]);
    expect([containers, engines]).toEqual([[], [{ engine: 'Docker', reason: expect.any(String) }]]);
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  test('are absent if there is no engine', async () => {
    const nobody = engineAt('Podman', join(folder, 'none.sock'));
    expect(await containerUsers(askHere, 'db', ['gold'], [nobody])).toEqual({ containers: [], silent: [] });
  });
});

describe('an answer', () => {
  const ask = async (answer: RequestListener, patience = 2_000) =>
    askHere('containers', (await engine(answer)).socket, {}, patience);

  test('is read up to 16 MiB, and no further', async () => {
    let sent = 0;
    await expect(
      ask((_, response) => {
        const more = () => {
          sent += 1;
          if (sent < 64 && !response.destroyed) response.write(' '.repeat(1024 * 1024), more);
        };
        more();
      }, 20_000),
    ).rejects.toThrow(/larger than 16777216 bytes/);
    expect(sent).toBeLessThan(32);
  });

  test('that is incomplete is not waited for any longer', async () => {
    const began = performance.now();
    await expect(
      ask((_, response) => {
        response.writeHead(200, { 'Content-Length': 99 }).write('[');
        setImmediate(() => response.destroy());
      }, 20_000),
    ).rejects.toThrow();
    expect(performance.now() - began).toBeLessThan(4_000);
  });

  test.each<[string, unknown]>([
    ['in another format', { message: 'hello' }],
    ['with a container without an ID', [{ Names: ['/x'] }]],
    ['with null in the list', [null]],
    ['with strings as mounts', [{ Id: 'x', Mounts: ['/d'] }]],
  ])('%s is not believed', async (_, body) => {
    await expect(ask((_request, response) => response.end(JSON.stringify(body)))).rejects.toThrow();
  });

  test('without names, mounts and state is still a container', async () => {
    expect(await ask((_, response) => response.end('[{"Id":"x","Names":null,"Mounts":null}]'))).toEqual([
      { id: 'x', name: '', state: 'unknown', volumes: [], labels: {} },
    ]);
  });

  test('404 means "there is no such thing", any other refusal does not', async () => {
    const { socket } = await engine(({ url }, response) => {
      response.writeHead(url?.includes('gone') ? 404 : 500).end('{"message":"no"}');
    });
    expect(await askHere('container', socket, { id: 'gone' }, 2_000)).toBeUndefined();
    await expect(askHere('container', socket, { id: 'db' }, 2_000)).rejects.toThrow(/500/);
  });
});

test('the environment leads to no other engine', async () => {
  const { DOCKER_HOST: before } = process.env;
  process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
  try {
    const { socket } = await engine((_, response) => response.end('[]'));
    expect(await askHere('containers', socket, {}, 2_000)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
});
