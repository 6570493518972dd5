import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Host } from '../../src/host/host.ts';
import { createLinuxHost } from '../../src/host/linux-host.ts';
import type { RemoteSettings } from '../../src/host/remotes.ts';
import { compileHost } from './compiled-host.ts';
import { removeFolder } from './linux-host-under-test.ts';

const compiled = compileHost();
afterAll(() => compiled.remove());

const server = 'nfs.example';
let folder = '';
let hosts: Host[] = [];
let parent: ChildProcess | undefined;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-remote-')));
  // Opening a pipe that nobody writes to is what a hung server looks like.
  spawnSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'hung')]);
  writeFileSync(join(folder, 'file'), 'text');
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
  if (parent?.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL');
  await eventually(() => children().length === 0);
  removeFolder(folder);
});

async function open(settings: RemoteSettings = {}, searchPath?: string) {
  const host = await createLinuxHost({
    systemCalls: 'auto',
    remote: { worker: compiled.url('remote-worker'), ...settings },
    ...(searchPath === undefined ? {} : { searchPath }),
  });
  hosts.push(host);
  const files = (name = server) => host.remote(name).files;
  const hang = () => outcome(files().readText(join(folder, 'hung')));
  return { host, files, hang };
}

const outcome = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    (error: { code?: string }) => error.code,
  );

describe('the helper process of a server', () => {
  test('starts with the first call, one for each server, and sees nothing of our environment', async () => {
    process.env.HOLDFAST_TEST_SECRET = 'secret';
    const { host, files } = await open();
    expect(children()).toEqual([]);
    host.remote(server);
    expect(children()).toEqual([]);
    for (const name of [server, server, 'other.example']) await files(name).list(folder);
    delete process.env.HOLDFAST_TEST_SECRET;
    const [first, second, ...more] = children();
    expect(more).toEqual([]);
    expect([first, second].map((pid) => argsOf(pid).at(-3)).sort()).toEqual([server, 'other.example'].sort());
    const names = read(first, 'environ')
      .split('\0')
      .map((line) => line.split('=')[0]);
    expect(names.filter((name) => !/^NODE_CHANNEL_|^$/.test(name ?? '')).sort()).toEqual([
      'LC_ALL',
      'PATH',
      'UV_THREADPOOL_SIZE',
    ]);
    // Of a session of its own: no signal of a terminal reaches it.
    expect(read(first, 'stat').split(') ')[1]?.split(' ')[2]).toBe(`${first}`);
  });
  test('hands over bytes, and errors of mounts, as they are', async () => {
    const { host, files } = await open();
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    writeFileSync(join(folder, 'bytes'), bytes);
    expect(Uint8Array.from(await files().readBytes(join(folder, 'bytes'), 250, 100))).toEqual(
      bytes.slice(250),
    );
    const { mountDisk, unmount } = host.remote(server);
    const signal = AbortSignal.timeout(10_000);
    const ext4 = { type: 'ext4', options: [], access: 'read-write' } as const;
    await expect(mountDisk(join(folder, 'bytes'), folder, ext4, signal)).rejects.toMatchObject({
      code: process.getuid?.() === 0 ? 'ENOTBLK' : 'EPERM',
    });
    await unmount(folder, signal);
  });
  test('goes on when it is told to end together with us', async () => {
    const { files } = await open();
    await files().list(folder);
    const [pid] = children();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid ?? 0, signal);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    expect(children()).toEqual([pid]);
  });
  test('is ended when nobody needs it, and started again', async () => {
    const { files } = await open({ idle: 100 });
    await files().list(folder);
    const before = children();
    await eventually(() => children().length === 0);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    expect(children()).not.toEqual(before);
  });
  test('that dies takes its calls along, and the next call starts another', async () => {
    const { files, hang } = await open();
    await files().list(folder);
    const [pid] = children();
    const lost = files().readText(join(folder, 'hung'));
    const waiting = [hang(), hang()];
    process.kill(pid ?? 0, 'SIGKILL');
    await expect(lost).rejects.toMatchObject({
      code: 'EREMOTEIO',
      message: expect.stringMatching(/helper process has ended \(SIGKILL\), readText '.*hung'/),
    });
    expect(await Promise.all(waiting)).toEqual(['EREMOTEIO', 'EREMOTEIO']);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
  });
  test('that cannot run is no call that hangs', async () => {
    writeFileSync(join(folder, 'broken.mjs'), 'import "./none.mjs";');
    const { files } = await open({ worker: new URL(`file://${folder}/broken.mjs`) });
    await expect(files().list(folder)).rejects.toMatchObject({ code: 'EREMOTEIO' });
  });
  test('is gone after the host is closed, in the middle of calls too', async () => {
    const { host, files, hang } = await open();
    await files().list(folder);
    const waiting = [hang(), hang()];
    await host.close();
    expect(await Promise.all(waiting)).toEqual(['ECANCELED', 'ECANCELED']);
    expect(children()).toEqual([]);
  });
  test('throws what the call would throw here', async () => {
    const { host, files } = await open();
    const words = (call: Promise<unknown>) => call.catch((error: { message: string }) => error.message);
    const none = join(folder, 'none');
    expect(await words(files().freeBytes(none))).toBe(await words(host.files.freeBytes(none)));
    expect(await outcome(files().freeBytes(none))).toBe('ENOENT');
  });
});

describe('a server that does not answer', () => {
  test('ends all of its calls, those that wait too, and keeps no process', async () => {
    const { files, hang } = await open({ patience: 500 });
    await files().list(folder);
    const calls = Array.from({ length: 12 }, hang);
    const started = Date.now();
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['ETIMEDOUT']));
    expect(Date.now() - started).toBeLessThan(5000);
    await eventually(() => children().length === 0);
    await eventually(async () => (await outcome(files().list(folder))) === 'answered');
  });
  test('holds up no more than eight calls, and no other call that comes before them', async () => {
    const { files, hang } = await open({ patience: 3000 });
    const hung = Array.from({ length: 7 }, hang);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    const last = hang();
    let isAnswered = false;
    const ninth = files()
      .list(folder)
      .then(() => {
        isAnswered = true;
      });
    await later(300);
    expect(isAnswered).toBe(false);
    release(8);
    await Promise.all([...hung, last, ninth]);
    expect(isAnswered).toBe(true);
  });
  test('leaves our own thread pool alone, and other servers', async () => {
    const { files, hang } = await open({ patience: 2000 });
    const hung = Array.from({ length: 20 }, hang);
    const started = Date.now();
    for (let time = 0; time < 20; time += 1) await stat(folder);
    expect(await files('other.example').readText(join(folder, 'file'))).toBe('text');
    expect(Date.now() - started).toBeLessThan(1500);
    await Promise.all(hung);
  });
});

describe('a removal on a server', () => {
  /** An `rm` that never comes to an end. */
  function endlessPath(): string {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/rm'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    return `${join(folder, 'bin')}:/usr/bin:/bin`;
  }

  test('is patient, and ended by its signal, which its program hears of', async () => {
    const { files } = await open({ patience: 300 }, endlessPath());
    const abort = new AbortController();
    const removal = outcome(files().removeTree(join(folder, 'tree'), abort.signal));
    await eventually(() => programs().length === 1);
    await later(600);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    abort.abort();
    expect(await removal).toBe('timeout');
    await eventually(() => programs().length === 0);
    expect(children()).toHaveLength(1);
  });
  test('is ended with the helper process', async () => {
    const { files, hang } = await open({ patience: 300 }, endlessPath());
    const removal = outcome(files().removeTree(join(folder, 'tree'), new AbortController().signal));
    await eventually(() => programs().length === 1);
    await hang();
    expect(await removal).toBe('ETIMEDOUT');
    await eventually(() => programs().length === 0);
  });
});

describe('a daemon', () => {
  /** Another process that uses a server. */
  async function startParent(after: string): Promise<ChildProcess> {
    const script = `
      import { createLinuxHost } from ${JSON.stringify(compiled.url('linux-host').href)};
      const host = await createLinuxHost({ systemCalls: 'auto' });
      const { files } = host.remote('${server}');
      await files.list('/');
      process.stdout.write('ready\\n');
      ${after}`;
    writeFileSync(join(folder, 'parent.mjs'), script);
    parent = spawn(process.execPath, [join(folder, 'parent.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (parent.stdout) await once(parent.stdout, 'data');
    return parent;
  }

  test.each([
    ['an idle helper', ''],
    ['a helper whose calls hang', `for (let i = 0; i < 8; i += 1) files.readText('HUNG');`],
  ])('that is killed leaves no process behind: %s', async (_, calls) => {
    const daemon = await startParent(
      `${calls.replace('HUNG', join(folder, 'hung'))} setInterval(() => undefined, 1000);`,
    );
    await later(200);
    const left = children(daemon.pid);
    expect(left).toHaveLength(1);
    daemon.kill('SIGKILL');
    await eventually(() => left.every((pid) => !isRunning(pid)));
  });
  test('is not kept alive by an idle helper', async () => {
    const daemon = await startParent('');
    const [code] = await once(daemon, 'exit');
    expect(code).toBe(0);
  });
  test('waits for the answer of a call', async () => {
    const daemon = await startParent(
      `await files.readText(${JSON.stringify(join(folder, 'hung'))}); process.stdout.write('answered');`,
    );
    const answered = daemon.stdout && once(daemon.stdout, 'data');
    await later(300);
    release(1);
    expect(`${(await answered)?.[0]}`).toBe('answered');
  });
});

/** Lets this many opens of the pipe go on, each to an empty text. */
function release(count: number): void {
  const open = `for i in $(seq ${count}); do : > "$0"; done`;
  spawn('sh', ['-c', open, join(folder, 'hung')], { stdio: 'ignore' });
}

/** Helper processes of this one, or of another. */
function children(of: number | undefined = process.pid): readonly number[] {
  return processes().filter(
    (pid) => parentOf(pid) === of && argsOf(pid).some((arg) => /remote-worker|broken/.test(arg)),
  );
}

/** The endless removals of our helpers. */
function programs(): readonly number[] {
  const ours = `PATH=${folder}/bin:`;
  return processes().filter(
    (pid) => argsOf(pid).join(' ') === 'sleep 1000' && read(pid, 'environ').includes(ours),
  );
}

function processes(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(isRunning);
}

function isRunning(pid: number): boolean {
  return read(pid, 'stat') !== '' && !/^\d+ \(.*\) Z/.test(read(pid, 'stat'));
}

function parentOf(pid: number): number {
  return Number(read(pid, 'stat').split(') ').at(-1)?.split(' ')[1]);
}

function argsOf(pid: number | undefined): readonly string[] {
  return read(pid, 'cmdline').split('\0').slice(0, -1);
}

function read(pid: number | undefined, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

function later(milliseconds: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (await condition()) return;
    await later(10);
  }
  throw new Error('it did not come true');
}
