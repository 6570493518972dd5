import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { activatedSocket } from '../../src/http/activation.ts';
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

  test('picks the descriptor named like the driver', () => {
    const activation = { listenPid, listenFds: 2, listenFdNames: ['shared.socket', 'holdfast'] };
    expect(activatedSocket(activation, 'holdfast', 2)).toBe(4);
    expect(activatedSocket(activation, 'shared', 2)).toBe(3);
  });

  test('takes the only socket for the only driver, whatever its name', () => {
    expect(activatedSocket({ listenPid, listenFds: 1, listenFdNames: ['unknown'] }, 'holdfast', 1)).toBe(3);
  });

  test('is none when the sockets are another process’s', () => {
    expect(activatedSocket({ listenPid: 1, listenFds: 1, listenFdNames: [] }, 'holdfast', 1)).toBeUndefined();
    expect(activatedSocket({ listenFds: 0, listenFdNames: [] }, 'holdfast', 1)).toBeUndefined();
  });

  test('that leaves a driver without a socket says what to set', () => {
    const activation = { listenPid, listenFds: 1, listenFdNames: ['shared'] };
    expect(() => activatedSocket(activation, 'holdfast', 2)).toThrow('FileDescriptorName=holdfast');
  });
});
