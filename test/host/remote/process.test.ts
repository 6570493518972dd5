import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Host } from '../../../src/host/host.ts';
import { createLinuxHost } from '../../../src/host/linux-host.ts';
import type { RemoteSettings } from '../../../src/host/remote/remotes.ts';
import { eventually as waitUntil } from '../../lab/eventually.ts';
import { compileHost } from '../compiled-host.ts';
import { removeFolder } from '../linux-host-under-test.ts';

const compiled = compileHost();
afterAll(() => compiled.remove());

/**
 * The worker with an open(2) that blocks at a pipe, as on a hung server: Holdfast's own code never opens a pipe so. A file that was found
 * by its name, `gone` or, for one time, `replaced`, is not there for it: a GlusterFS client shows it for a second after another host
 * replaced or removed it.
 */
const waitingWorker = `
  import files from 'node:fs/promises';
  import { readlinkSync } from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const { open } = files;
  files.open = (path, flags, mode) => open(path, String(path).endsWith('/hung') ? 'r' : flags, mode);
  let replaced = 0;
  const isReplaced = (path) => {
    if (!/^.proc.self.fd.[0-9]+$/.test(path)) return false;
    const named = readlinkSync(path);
    return named.endsWith('/gone') || (named.endsWith('/replaced') && ++replaced <= 1);
  };
  files.open = ((open) => async (path, ...how) => {
    if (!isReplaced(path)) return open(path, ...how);
    throw Object.assign(new Error('ENOENT'), { code: 'ENOENT', errno: -2 });
  })(files.open);
  syncBuiltinESMExports();
  await import('${compiled.url('remote/server-worker')}');
`;
const worker = () => new URL(`file://${folder}/hung-server-worker.mjs`);

const server = 'nfs.example';
let folder = '';
let hosts: Host[] = [];
let parent: ChildProcess | undefined;
/** Processes that each unblock a number of opens. */
let releasing: ChildProcess[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-remote-')));
  // Opening a pipe without a writer blocks, like a hung server.
  spawnSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'hung')]);
  writeFileSync(join(folder, 'hung-server-worker.mjs'), waitingWorker);
  writeFileSync(join(folder, 'file'), 'text');
});
afterEach(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  hosts = [];
  if (parent?.exitCode === null && parent.signalCode === null) parent.kill('SIGKILL');
  for (const child of releasing) child.kill('SIGKILL');
  releasing = [];
  await eventually(() => children().length === 0);
  removeFolder(folder);
});

async function open(settings: RemoteSettings = {}, searchPath?: string) {
  const host = await createLinuxHost({
    systemCalls: 'auto',
    remote: { worker: worker(), ...settings },
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
    // Its own session: a terminal's signals do not reach it.
    expect(read(first, 'stat').split(') ')[1]?.split(' ')[2]).toBe(`${first}`);
  });
  test('passes bytes and mount errors unchanged', async () => {
    const { host, files } = await open();
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
    writeFileSync(join(folder, 'bytes'), bytes);
    expect(Uint8Array.from(await files().readBytes(join(folder, 'bytes'), 250, 100))).toEqual(
      bytes.slice(250),
    );
    const { mountDisk, unmount } = host.remote(server);
    const signal = AbortSignal.timeout(100_000);
    const ext4 = { type: 'ext4', options: [], access: 'read-write' } as const;
    await expect(mountDisk(join(folder, 'bytes'), folder, ext4, signal)).rejects.toMatchObject({
      code: process.getuid?.() === 0 ? 'ENOTBLK' : 'EPERM',
    });
    await unmount(folder, signal);
  });
  test('ignores a stop signal that is also sent to us', async () => {
    const { files } = await open();
    await files().list(folder);
    const [pid] = children();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid ?? 0, signal);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    expect(children()).toEqual([pid]);
  });
  test('has a low priority on request, with all its threads', async () => {
    const { host, files } = await open();
    await files().list(folder);
    const [usual] = children();
    await host.remote('the usage', { priority: 'low' }).files.list(folder);
    const low = children().find((pid) => pid !== usual);
    const nices = (pid: number | undefined) =>
      readdirSync(`/proc/${pid}/task`).map((task) =>
        Number(readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]),
      );
    const own = nices(process.pid)[0];
    expect(new Set(nices(usual))).toEqual(new Set([own]));
    expect(new Set(nices(low))).toEqual(new Set([19]));
    expect(nices(low).length).toBeGreaterThan(2);
  });
  test('ends when it is idle, and is started again', async () => {
    const { files } = await open({ idle: 100 });
    await files().list(folder);
    const before = children();
    await eventually(() => children().length === 0);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    expect(children()).not.toEqual(before);
  });
  test('that dies makes its calls fail, and the next call starts another', async () => {
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
  test('that starts slowly on a busy host does not reduce the time for the server', async () => {
    const slow = `await new Promise((resolve) => setTimeout(resolve, 1500)); await import('${worker()}');`;
    writeFileSync(join(folder, 'slow.mjs'), slow);
    const { host, files } = await open({ startup: 1000, worker: new URL(`file://${folder}/slow.mjs`) });
    const call = outcome(files().list(folder));
    await expect(host.remote(server).ready()).rejects.toMatchObject({
      code: 'EREMOTEIO',
      message: expect.stringMatching(/did not start within 1 s: check whether this host is overloaded/),
    });
    expect(await call).toBe('EREMOTEIO');
    const patient = await open({ patience: 1000, worker: new URL(`file://${folder}/slow.mjs`) });
    // The time limit begins when the process has started.
    const hung = patient.hang();
    const began = Date.now();
    await patient.host.remote(server).ready();
    expect(await hung).toBe('ETIMEDOUT');
    expect(Date.now() - began).toBeGreaterThan(2300);
  });
  test('that cannot start makes calls fail, not hang', async () => {
    writeFileSync(join(folder, 'broken.mjs'), 'import "./none.mjs";');
    const { files } = await open({ worker: new URL(`file://${folder}/broken.mjs`) });
    await expect(files().list(folder)).rejects.toMatchObject({ code: 'EREMOTEIO' });
  });
  test('ends when the host is closed, even during calls', async () => {
    const { host, files, hang } = await open();
    await files().list(folder);
    const waiting = [hang(), hang()];
    await host.close();
    expect(await Promise.all(waiting)).toEqual(['ECANCELED', 'ECANCELED']);
    expect(children()).toEqual([]);
  });
  test('throws the same errors as a call in this process', async () => {
    const { host, files } = await open();
    const words = (call: Promise<unknown>) => call.catch((error: { message: string }) => error.message);
    const none = join(folder, 'none');
    expect(await words(files().space(none))).toBe(await words(host.files.space(none)));
    expect(await outcome(files().space(none))).toBe('ENOENT');
  });
});

describe('a file that was found by its name, and is gone when its content is read', () => {
  test('is read by the name again', async () => {
    writeFileSync(join(folder, 'replaced'), 'text');
    const { files } = await open();
    expect(await files().below(folder).readLatest(join(folder, 'replaced'))).toBe('text');
  });
  test('is not reported as missing while its name is shown', async () => {
    writeFileSync(join(folder, 'gone'), 'text');
    const { files } = await open();
    const below = files().below(folder);
    await expect(below.readLatest(join(folder, 'gone'))).rejects.toMatchObject({ code: 'ESTALE' });
    expect(await below.readLatest(join(folder, 'none'))).toBeUndefined();
  });
});

describe('a server that does not answer', () => {
  test('makes all its calls fail, even queued ones, and leaves no process', async () => {
    const { files, hang } = await open({ patience: 500 });
    await files().list(folder);
    const ended: string[] = [];
    const calls = Array.from({ length: 12 }, () => hang().then((code) => ended.push(`${code}`)));
    await Promise.race(calls);
    await turns();
    expect(ended).toEqual(Array(12).fill('ETIMEDOUT'));
    await eventually(() => children().length === 0);
    await eventually(async () => (await outcome(files().list(folder))) === 'answered');
  });
  test('blocks a look only if its file system hangs, not while other calls do', async () => {
    const { host, hang } = await open();
    const hung = Array.from({ length: 20 }, hang);
    const { looks } = host.remote(server);
    for (let i = 0; i < 3; i += 1) expect(await looks.facts(folder)).toMatchObject({ kind: 'directory' });
    expect((await looks.space(folder)).freeBytes).toBeGreaterThan(0);
    await host.close();
    expect(await Promise.all(hung)).toEqual(Array(20).fill('ECANCELED'));
  });
  test('blocks at most eight calls', async () => {
    const { files, hang } = await open();
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
  test('does not affect our own thread pool or other servers', async () => {
    const { host, files, hang } = await open();
    const hung = Array.from({ length: 20 }, hang);
    for (let time = 0; time < 20; time += 1) await stat(folder);
    expect(await files('other.example').readText(join(folder, 'file'))).toBe('text');
    expect(await Promise.race([...hung, 'all of them hang'])).toBe('all of them hang');
    await host.close();
    await Promise.all(hung);
  });
});

describe('a removal on a server', () => {
  /** A PATH with an `rm` that never ends. */
  function endlessPath(): string {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/rm'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    return `${join(folder, 'bin')}:/usr/bin:/bin`;
  }

  test('has no timeout, and is aborted by its signal, with its program', async () => {
    const { files } = await open({ patience: 2000 }, endlessPath());
    const abort = new AbortController();
    const removal = outcome(files().removeTree(join(folder, 'tree'), abort.signal));
    await eventually(() => programs().length === 1);
    await later(3000);
    expect(await files().readText(join(folder, 'file'))).toBe('text');
    abort.abort();
    expect(await removal).toBe('timeout');
    await eventually(() => programs().length === 0);
    expect(children()).toHaveLength(1);
  });
  test('ends with the helper process', async () => {
    const { files, hang } = await open({ patience: 300 }, endlessPath());
    const removal = outcome(files().removeTree(join(folder, 'tree'), new AbortController().signal));
    await eventually(() => programs().length === 1);
    await hang();
    expect(await removal).toBe('ETIMEDOUT');
    await eventually(() => programs().length === 0);
  });
});

describe('a daemon', () => {
  /** A separate process that uses a server. */
  async function startParent(after: string): Promise<ChildProcess> {
    const script = `
      import { createLinuxHost } from ${JSON.stringify(compiled.url('linux-host').href)};
      const remote = { worker: new URL('${worker()}') };
      const host = await createLinuxHost({ systemCalls: 'auto', remote });
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
    ['a helper whose calls hang', `for (let i = 0; i < 8; i += 1) files.readText('HUNG').catch(() => 0);`],
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
      `await files.readText(${JSON.stringify(join(folder, 'hung'))}).catch(() => process.stdout.write('answered'));`,
    );
    const answered = daemon.stdout && once(daemon.stdout, 'data');
    await later(300);
    release(1);
    expect(`${(await answered)?.[0]}`).toBe('answered');
  });
});

/** Unblocks this many opens of the pipe. */
function release(count: number): void {
  const open = `for i in $(seq ${count}); do : > "$0"; done`;
  releasing.push(spawn('sh', ['-c', open, join(folder, 'hung')], { stdio: 'ignore' }));
}

/** PIDs of the helper processes of this process, or of another one. */
function children(of: number | undefined = process.pid): readonly number[] {
  return processes().filter(
    (pid) => parentOf(pid) === of && argsOf(pid).some((arg) => /server-worker|broken/.test(arg)),
  );
}

/** PIDs of our helpers' endless `rm` programs. */
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

/** Lets everything run that is due at this moment. It takes no time, as nothing here waits for a clock. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const eventually = (condition: () => boolean | Promise<boolean>) =>
  waitUntil('it comes true', async () => condition());
