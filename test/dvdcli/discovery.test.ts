import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type Answers, listening, openOtherPlugin, pluginHandler } from './other-plugin.ts';
import { useBench } from './run-here.ts';

const bench = useBench();
const id = 'a1'.repeat(32);
const certificate = join(import.meta.dirname, 'tls/cert.pem');
const privateKey = join(import.meta.dirname, 'tls/key.pem');

/** A plugin whose only volume has this name, which identifies the plugin. */
function called(name: string): Answers {
  return () => ({ Volumes: [{ Name: name }] });
}

function write(file: string, content: object | string): void {
  const path = `${bench().folder}/${file}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

async function openAt(path: string, name: string): Promise<void> {
  bench().closing(await openOtherPlugin(`${bench().folder}/${path}`, called(name)));
}

/** Serves on a free port of this machine. */
async function openPort(kind: 'http' | 'https', name: string): Promise<number> {
  const handler = pluginHandler(called(name), []);
  const server =
    kind === 'http'
      ? createHttpServer(handler)
      : createHttpsServer({ cert: readFileSync(certificate), key: readFileSync(privateKey) }, handler);
  bench().closing({ close: await listening(server) });
  return (server.address() as AddressInfo).port;
}

/** The name of the plugin that dvdcli found, or its error. */
async function found(driver = 'sshfs'): Promise<string> {
  const { out, err } = await bench().run(['list', `--volumedriver=${driver}`]);
  return (out + err).trim();
}

describe('dvdcli finds a plugin', () => {
  test('by its socket, and by its socket in a folder of its own', async () => {
    await openAt('plugins/sshfs/sshfs.sock', 'below');
    expect(await found()).toBe('below');
    await openAt('plugins/sshfs.sock', 'beside');
    expect(await found()).toBe('beside');
  });

  test.each(['etc/sshfs.spec', 'etc/sshfs/sshfs.spec', 'usr/sshfs.spec'])(
    'by %s with a socket',
    async (file) => {
      await openAt('elsewhere.sock', 'spec');
      write(file, `unix://${bench().folder}/elsewhere.sock\n`);
      expect(await found()).toBe('spec');
    },
  );

  test('by a .spec with a port', async () => {
    write('etc/sshfs.spec', `tcp://127.0.0.1:${await openPort('http', 'port')}`);
    expect(await found()).toBe('port');
    write('etc/sshfs.spec', `http://localhost:${await openPort('http', 'name')}/`);
    expect(await found()).toBe('name');
  });

  test('by a .json, unencrypted', async () => {
    write('usr/sshfs.json', { Name: 'sshfs', Addr: `http://127.0.0.1:${await openPort('http', 'json')}` });
    expect(await found()).toBe('json');
  });

  test('by a .json with TLS, whose certificate is checked if a CA is given', async () => {
    const Addr = `https://localhost:${await openPort('https', 'tls')}`;
    write('etc/sshfs.json', { Name: 'sshfs', Addr, TLSConfig: { CAFile: certificate } });
    expect(await found()).toBe('tls');
    write('etc/sshfs.json', { Name: 'sshfs', Addr });
    expect(await found()).toBe('tls');
    write('ca.pem', readFileSync(join(import.meta.dirname, 'tls/other-ca.pem'), 'utf8'));
    write('etc/sshfs.json', { Name: 'sshfs', Addr, TLSConfig: { CAFile: `${bench().folder}/ca.pem` } });
    expect(await found()).toMatch(
      /^dvdcli: Driver sshfs: https:\/\/localhost.* cannot be reached: .*certificate/,
    );
    write('etc/sshfs.json', { Name: 'sshfs', Addr, TLSConfig: { CAFile: '/nonexistent' } });
    expect(await found()).toMatch(/cannot be reached: ENOENT.*\/nonexistent/);
  });

  test('in the order in which Docker looks', async () => {
    write('usr/sshfs.json', { Addr: `tcp://127.0.0.1:${await openPort('http', 'usr json')}` });
    expect(await found()).toBe('usr json');
    write('etc/sshfs.json', { Addr: `tcp://127.0.0.1:${await openPort('http', 'etc json')}` });
    expect(await found()).toBe('etc json');
    write('etc/sshfs.spec', `tcp://127.0.0.1:${await openPort('http', 'etc spec')}`);
    expect(await found()).toBe('etc spec');
    await openAt('plugins/sshfs.sock', 'socket');
    expect(await found()).toBe('socket');
  });

  test.each([
    ['etc/sshfs.spec', 'ftp://x', 'etc/sshfs.spec has "ftp://x", which is not the address of a plugin'],
    ['etc/sshfs.spec', '', 'etc/sshfs.spec has "", which is not the address of a plugin'],
    ['etc/sshfs.spec', 'tcp://a:b:c', 'which is not the address of a plugin'],
    ['etc/sshfs.json', '{"Addr":', 'etc/sshfs.json is not JSON'],
    ['etc/sshfs.json', '[]', 'etc/sshfs.json has'],
    ['etc/sshfs.spec', 'tcp://127.0.0.1:1', 'did not answer'],
  ])('%s of %j is an error that names it', async (file, content, what) => {
    write(file, content);
    const message = await found();
    expect(message).toMatch(/^dvdcli: [^\n]+$/);
    expect(message).toContain(what);
  });
});

describe('a managed plugin', () => {
  const install = (data: string, plugin: object = {}) =>
    write(`${data}/plugins/${id}/config.json`, {
      plugin: {
        Config: { Interface: { Socket: 'plugin.sock' }, PropagatedMount: '/mnt/volumes' },
        Enabled: true,
        Id: id,
        Name: 'vieux/sshfs:latest',
        ...plugin,
      },
    });

  test.each(['vieux/sshfs', 'vieux/sshfs:latest'])('is found as %s', async (name) => {
    install('docker');
    await openAt(`plugins/${id}/plugin.sock`, 'managed');
    expect(await found(name)).toBe('managed');
  });

  test('wins over a socket of the same name, unless it is disabled', async () => {
    install('docker', { Name: 'sshfs:latest' });
    await openAt(`plugins/${id}/plugin.sock`, 'managed');
    await openAt('plugins/sshfs.sock', 'socket');
    expect(await found()).toBe('managed');
    install('docker', { Name: 'sshfs:latest', Enabled: false });
    expect(await found()).toBe('socket');
  });

  test('is found in the data folder of the engine', async () => {
    write('daemon.json', { 'data-root': `${bench().folder}/elsewhere` });
    install('elsewhere');
    await openAt(`plugins/${id}/plugin.sock`, 'moved');
    expect(await found('vieux/sshfs')).toBe('moved');
  });

  test.each([
    ['/mnt/volumes/db', 'propagated-mount/db'],
    ['/data/db', 'rootfs/data/db'],
  ])('has its own paths: %s is %s on the host', async (Mountpoint, onHost) => {
    const { folder, closing, run } = bench();
    install('docker');
    const place = `${folder}/docker/plugins/${id}/${onHost}`;
    mkdirSync(place, { recursive: true });
    closing(
      await openOtherPlugin(`${folder}/plugins/${id}/plugin.sock`, () => ({
        Volume: { Name: 'db', Mountpoint },
        Mountpoint,
      })),
    );
    const words = ['--volumedriver=vieux/sshfs', '--volumename=db'];
    for (const verb of ['mount', 'path'])
      expect(await run([verb, ...words])).toEqual({ code: 0, out: `${place}\n`, err: '' });
  });

  test('that is absent, or whose file cannot be read, is waited for like any other', async () => {
    write(`docker/plugins/${id}/config.json`, '{"plugin"');
    mkdirSync(`${bench().folder}/plugins/${id}`, { recursive: true });
    expect(await found('vieux/sshfs')).toMatch(/^dvdcli: Driver vieux\/sshfs did not appear in/);
  });
});
