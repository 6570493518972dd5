import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { Agent, createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { activatedSockets } from '../../src/http/activation.ts';
import { listenOnPath } from '../../src/http/sockets.ts';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { inTime } from '../lab/in-time.ts';
import { listenParts } from '../lab/network/listen-parts.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  path = join(folder, 'plugins/holdfast.sock');
});

afterEach(() => rmSync(folder, { recursive: true }));

const server = () => createServer((_, response) => response.end('{}'));

/** Leaves a socket file behind as a killed daemon does. */
async function leaveStaleSocket(at = path): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(at)}, () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawn(process.execPath, ['-e', program]);
  await new Promise((resolve) => child.once('exit', resolve));
}

describe('a plugin socket', () => {
  test('is created with its folder, mode 0600, and removed at the end', async () => {
    const listening = await listenOnPath(server(), path, listenParts);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect((await callPlugin(path, 'x')).status).toBe(200);
    await listening.close();
    expect(existsSync(path)).toBe(false);
  });

  test('replaces a socket that a killed daemon left', async () => {
    await (await listenOnPath(server(), path, listenParts)).close();
    await leaveStaleSocket();
    expect(lstatSync(path).isSocket()).toBe(true);
    const listening = await listenOnPath(server(), path, listenParts);
    expect((await callPlugin(path, 'x')).status).toBe(200);
    await listening.close();
  });

  test('keeps a socket on which somebody answers', async () => {
    const first = await listenOnPath(server(), path, listenParts);
    await expect(listenOnPath(server(), path, listenParts)).rejects.toMatchObject({ code: 'conflict' });
    expect((await callPlugin(path, 'x')).status).toBe(200);
    await first.close();
  });

  test('waits for the process that answers on it to end, up to the requested time', async () => {
    const first = await listenOnPath(server(), path, listenParts);
    const second = listenOnPath(server(), path, { ...listenParts, patience: 5_000 });
    let isThere = false;
    second.then(() => (isThere = true));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(isThere).toBe(false);
    await first.close();
    const listening = await second;
    try {
      const third = listenOnPath(server(), path, { ...listenParts, patience: 300 });
      await expect(third).rejects.toThrow(/answers on .*, and did so for 0.3 s: stop/);
      expect((await callPlugin(path, 'x')).status).toBe(200);
    } finally {
      await listening.close();
    }
  });

  test('keeps a file that is not a socket', async () => {
    const file = join(folder, 'precious');
    writeFileSync(file, 'data');
    await expect(listenOnPath(server(), file, listenParts)).rejects.toThrow('is not a socket');
    expect(lstatSync(file).size).toBe(4);
  });

  test('that was replaced by another daemon is not removed', async () => {
    const first = await listenOnPath(server(), path, listenParts);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    const second = await listenOnPath(server(), path, listenParts);
    await first.close();
    expect(existsSync(path)).toBe(true);
    await second.close();
  });

  test('belongs to one process, if several start at once after a daemon was killed', async () => {
    await (await listenOnPath(server(), path, listenParts)).close();
    for (let round = 0; round < 30; round += 1) {
      await leaveStaleSocket();
      const started = await Promise.allSettled(
        Array.from({ length: 6 }, () => listenOnPath(server(), path, listenParts)),
      );
      const winners = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(winners).toHaveLength(1);
      expect((await callPlugin(path, 'x')).status).toBe(200);
      await winners[0]?.close();
      expect(readdirSync(join(folder, 'plugins'))).toEqual([]);
    }
  });

  describe('whose file disappears while its daemon runs', () => {
    /** A log, and the events written to it. */
    function logged() {
      const events: string[] = [];
      const log = { enabled: () => true, write: (_: string, event: string) => void events.push(event) };
      return { events, parts: { ...listenParts, log } };
    }
    /** Calls on a new connection. */
    const fresh = () => callPlugin(path, 'x', undefined, { agent: new Agent() });
    const answers = () => eventually('it answers', async () => (await fresh()).status === 200);

    test.each<[string, () => void]>([
      ['is deleted', () => rmSync(path)],
      ['is deleted with its folder', () => rmSync(join(folder, 'plugins'), { recursive: true })],
      ['is replaced by a dead one', () => renameSync(join(folder, 'dead.sock'), path)],
    ])('is bound again if it %s, with mode 0600, each time', async (_, spoil) => {
      const { events, parts } = logged();
      const agent = new Agent({ keepAlive: true });
      const listening = await listenOnPath(server(), path, parts);
      for (let time = 1; time <= 2; time += 1) {
        await leaveStaleSocket(join(folder, 'dead.sock'));
        expect((await callPlugin(path, 'x', undefined, { agent })).status).toBe(200);
        spoil();
        await answers();
        expect(lstatSync(path).mode & 0o777).toBe(0o600);
      }
      expect(events).toEqual(['socket-restored', 'socket-restored']);
      agent.destroy();
      await listening.close();
      expect(existsSync(path)).toBe(false);
    });

    test('is left to another daemon that took it, and this is logged once', async () => {
      const { events, parts } = logged();
      const first = await listenOnPath(server(), path, parts);
      rmSync(join(folder, 'plugins'), { recursive: true });
      const second = await listenOnPath(
        createServer((_, response) => response.end('second')),
        path,
        listenParts,
      );
      await eventually('it is told', async () => events.includes('socket-lost'));
      await sleep(3_000);
      expect((await fresh()).text).toBe('second');
      expect(events).toEqual(['socket-lost']);
      await second.close();
      await answers();
      expect(events).toEqual(['socket-lost', 'socket-restored']);
      await first.close();
    });
  });

  test('with a path that is too long for Linux is refused with the reason', async () => {
    await expect(listenOnPath(server(), `/tmp/${'x'.repeat(200)}`, listenParts)).rejects.toThrow('103 bytes');
  });

  test('lets a running call finish when it closes, and then closes its connection', async () => {
    let answer: () => void = () => undefined;
    const slow = createServer((_, response) => {
      answer = () => response.end('done');
    });
    const arrived = new Promise((resolve) => slow.once('request', resolve));
    const listening = await listenOnPath(slow, path, listenParts);
    // Its client keeps the connection for the next one.
    const call = callPlugin(path, 'x');
    await arrived;
    await inTime(2_500, async () => {
      const closed = listening.close();
      await sleep(100);
      answer();
      expect((await call).text).toBe('done');
      await closed;
    });
  });
});

describe('socket activation', () => {
  const listenPid = process.pid;
  const both = ['holdfast', 'shared'];

  test('gives each driver the descriptor with its name', () => {
    const activation = { listenPid, listenFds: 2, listenFdNames: ['shared.socket', 'holdfast'] };
    expect([...activatedSockets(activation, both)]).toEqual([
      ['shared', 3],
      ['holdfast', 4],
    ]);
  });

  test('lets drivers without an inherited socket create their own', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['shared'] };
    expect([...activatedSockets(activation, both).keys()]).toEqual(['shared']);
  });

  test('uses the only socket for the only driver, with any name', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['unknown'] };
    expect([...activatedSockets(activation, ['holdfast'])]).toEqual([['holdfast', 3]]);
  });

  test('is off if the sockets are for another process', () => {
    expect(activatedSockets({ listenPid: 1, listenFds: 1, listenFdNames: ['shared'] }, both).size).toBe(0);
    expect(activatedSockets({ listenFds: 0, listenFdNames: [] }, both).size).toBe(0);
  });

  test('refuses a socket of no driver, and says what to set', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['copper'] };
    expect(() => activatedSockets(activation, both)).toThrow(
      '"copper", which belongs to no driver: set FileDescriptorName=holdfast or FileDescriptorName=shared',
    );
  });
});
