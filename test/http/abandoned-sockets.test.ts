import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { removeAbandonedSockets } from '../../src/http/abandoned-sockets.ts';
import { listenOnPath } from '../../src/http/sockets.ts';
import { listenParts } from '../lab/network/listen-parts.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As a killed process leaves it, with the lock file of a Holdfast or without. */
async function leaveSocket(name: string, whose: 'ours' | 'foreign'): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(at(name))}, () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawn(process.execPath, ['-e', program]);
  await new Promise((resolve) => child.once('exit', resolve));
  if (whose === 'ours') writeFileSync(at(`.${name}.lock`), '');
}

test('sockets that a killed daemon left are removed, with their lock files, and all others stay', async () => {
  await leaveSocket('old.sock', 'ours');
  await leaveSocket('configured.sock', 'ours');
  await leaveSocket('other-plugin.sock', 'foreign');
  writeFileSync(at('file.sock'), 'not a socket');
  writeFileSync(at('.file.sock.lock'), '');
  const living = await listenOnPath(createServer(), at('living.sock'), listenParts);
  await removeAbandonedSockets(folder, [at('configured.sock')], listenParts);
  expect(readdirSync(folder).sort()).toEqual([
    '.configured.sock.lock',
    '.living.sock.lock',
    'configured.sock',
    'file.sock',
    'living.sock',
    'other-plugin.sock',
  ]);
  await living.close();
});

test('one on which a process answers stays, even if nobody has its lock', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at('odd.sock'), resolve));
  writeFileSync(at('.odd.sock.lock'), '');
  await removeAbandonedSockets(folder, [], listenParts);
  expect(existsSync(at('odd.sock'))).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('a directory that is not there has none', async () => {
  await removeAbandonedSockets(at('absent'), [], listenParts);
  expect(existsSync(at('absent'))).toBe(false);
});
