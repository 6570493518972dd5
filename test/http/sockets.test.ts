import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { activatedSockets } from '../../src/http/activation.ts';
import { listenOnPath } from '../../src/http/sockets.ts';
import { callPlugin } from '../fakes/plugin-client.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
  path = join(folder, 'plugins/holdfast.sock');
});

afterEach(() => rmSync(folder, { recursive: true }));

const server = () => createServer((_, response) => response.end('{}'));

/** Leaves a socket file behind as a killed daemon does. */
async function leaveStaleSocket(): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawn(process.execPath, ['-e', program]);
  await new Promise((resolve) => child.once('exit', resolve));
}

describe('a plugin socket', () => {
  test('is made with its folder, mode 0600, and removed at the end', async () => {
    const listening = await listenOnPath(server(), path);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect((await callPlugin(path, 'x')).status).toBe(200);
    await listening.close();
    expect(existsSync(path)).toBe(false);
  });

  test('replaces one that a killed daemon left', async () => {
    await (await listenOnPath(server(), path)).close();
    await leaveStaleSocket();
    expect(lstatSync(path).isSocket()).toBe(true);
    const listening = await listenOnPath(server(), path);
    expect((await callPlugin(path, 'x')).status).toBe(200);
    await listening.close();
  });

  test('leaves one alone that somebody answers on', async () => {
    const first = await listenOnPath(server(), path);
    await expect(listenOnPath(server(), path)).rejects.toMatchObject({ code: 'conflict' });
    expect((await callPlugin(path, 'x')).status).toBe(200);
    await first.close();
  });

  test('waits for who answers on it to end, as long as it is told', async () => {
    const first = await listenOnPath(server(), path);
    const second = listenOnPath(server(), path, 5_000);
    let isThere = false;
    second.then(() => (isThere = true));
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(isThere).toBe(false);
    await first.close();
    const listening = await second;
    try {
      const third = listenOnPath(server(), path, 300);
      await expect(third).rejects.toThrow(/answers on .*, and did so for 0.3 s: stop/);
      expect((await callPlugin(path, 'x')).status).toBe(200);
    } finally {
      await listening.close();
    }
  });

  test('leaves a file alone that is no socket', async () => {
    const file = join(folder, 'precious');
    writeFileSync(file, 'data');
    await expect(listenOnPath(server(), file)).rejects.toThrow('is no socket');
    expect(lstatSync(file).size).toBe(4);
  });

  test('that was replaced by another daemon is not removed', async () => {
    const first = await listenOnPath(server(), path);
    rmSync(path);
    const second = await listenOnPath(server(), path);
    await first.close();
    expect(existsSync(path)).toBe(true);
    await second.close();
  });

  test('with a path that Linux cannot take is refused with the reason', async () => {
    await expect(listenOnPath(server(), `/tmp/${'x'.repeat(200)}`)).rejects.toThrow('103 bytes');
  });

  test('lets a call under way finish when it closes', async () => {
    let answer: () => void = () => undefined;
    const slow = createServer((_, response) => {
      answer = () => response.end('done');
    });
    const arrived = new Promise((resolve) => slow.once('request', resolve));
    const listening = await listenOnPath(slow, path);
    const call = callPlugin(path, 'x');
    await arrived;
    const closed = listening.close();
    answer();
    expect((await call).text).toBe('done');
    await closed;
  });
});

describe('socket activation', () => {
  const listenPid = process.pid;
  const both = ['holdfast', 'shared'];

  test('gives each driver the descriptor that is named like it', () => {
    const activation = { listenPid, listenFds: 2, listenFdNames: ['shared.socket', 'holdfast'] };
    expect([...activatedSockets(activation, both)]).toEqual([
      ['shared', 3],
      ['holdfast', 4],
    ]);
  });

  test('leaves drivers without a socket to themselves', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['shared'] };
    expect([...activatedSockets(activation, both).keys()]).toEqual(['shared']);
  });

  test('takes the only socket for the only driver, whatever its name', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['unknown'] };
    expect([...activatedSockets(activation, ['holdfast'])]).toEqual([['holdfast', 3]]);
  });

  test('is none when the sockets are another process’s', () => {
    expect(activatedSockets({ listenPid: 1, listenFds: 1, listenFdNames: ['shared'] }, both).size).toBe(0);
    expect(activatedSockets({ listenFds: 0, listenFdNames: [] }, both).size).toBe(0);
  });

  test('refuses a socket that is no driver’s, and says what to set', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['copper'] };
    expect(() => activatedSockets(activation, both)).toThrow(
      '"copper", which is no driver\'s: set FileDescriptorName=holdfast or FileDescriptorName=shared',
    );
  });
});
