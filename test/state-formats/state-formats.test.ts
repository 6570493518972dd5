import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { currentFormat } from '../../src/core/decisions/known-format.ts';
import { runHere } from '../cli/in-process.ts';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { describeWith } from '../lab/requirements.ts';
import { environment, output } from '../lab/run.ts';

/** One folder for each format, with what a daemon of it left when it was killed while a volume was mounted. Never changed. */
const formats = readdirSync(import.meta.dirname).filter((name) => /^\d+$/.test(name));

test('each format has its corpus', () => {
  expect(formats.map(Number).sort((a, b) => a - b)).toEqual(
    Array.from({ length: currentFormat }, (_, at) => at + 1),
  );
});

describeWith({ root: true, programs: ['unshare', 'chattr'] }, 'state on disk', () => {
  let folder = '';
  let socket = '';
  let daemon: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-formats-'));
    socket = join(folder, 'admin.sock');
  });
  afterEach(async () => {
    const isRunning = daemon !== undefined && daemon.exitCode === null && daemon.signalCode === null;
    daemon?.kill('SIGKILL');
    if (daemon !== undefined && isRunning) await once(daemon, 'exit');
    daemon = undefined;
    await output('chattr', ['-R', '-f', '-i', folder]).catch(() => '');
    rmSync(folder, { recursive: true, force: true });
  });

  const holdfast = (...words: string[]) => runHere([...words, '--socket', socket]);
  const listed = async () =>
    (await holdfast('volume', 'ls', '--quiet')).out.split('\n').filter(Boolean).sort();
  const call = async (method: string, name: string) =>
    (await callPlugin(join(folder, 'plugins/gold.sock'), `VolumeDriver.${method}`, { Name: name, ID: 'a' }))
      .json;

  /** As on a host whose daemon was killed in this boot. */
  function layOut(format: string): void {
    const from = join(import.meta.dirname, format);
    cpSync(join(from, 'volumes'), join(folder, 'volumes'), { recursive: true });
    cpSync(join(from, 'state'), join(folder, 'state/gold'), { recursive: true });
    cpSync(join(from, 'run'), join(folder, 'run/gold'), { recursive: true });
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    renameSync(join(folder, 'run/gold/ledger.jsonl'), join(folder, `run/gold/ledger-${boot}.jsonl`));
  }

  async function serve(): Promise<void> {
    const settings = { root: join(folder, 'volumes'), onRemove: 'retain' };
    // A daemon none of whose drivers can be opened ends.
    const tin = { backend: 'local', settings: { root: join(folder, 'tin') } };
    const { words } = await prepareDaemon(folder, { drivers: { gold: { backend: 'local', settings }, tin } });
    daemon = spawn('unshare', [...alone, ...words], { stdio: 'ignore', env: environment() });
    await eventually('it serves', async () => (await holdfast('volume', 'ls')).code === 0);
  }

  test.each(formats)('of format %s is read: volumes, holders, snapshots, removed volumes', async (format) => {
    layOut(format);
    await serve();
    expect(await listed()).toEqual(['directory']);
    const inspected = JSON.parse((await holdfast('volume', 'inspect', 'directory', '--json')).out);
    expect(inspected).toMatchObject({
      holders: [{ kind: 'operator' }],
      options: { uid: '1000', mode: '0750' },
    });
    const { Mountpoint } = (await call('Mount', 'directory')) as { readonly Mountpoint: string };
    expect(readFileSync(`/proc/${daemon?.pid}/root${Mountpoint}/file`, 'utf8')).toBe('kept\n');
    expect((await holdfast('snapshot', 'ls', 'directory')).out).toContain('directory@before');
    expect((await holdfast('volume', 'undelete', 'regretted')).code).toBe(0);
    expect(readFileSync(join(folder, 'volumes/regretted/file'), 'utf8')).toBe('kept\n');
    expect(JSON.parse(readFileSync(join(folder, 'state/gold/format.json'), 'utf8'))).toEqual({
      format: currentFormat,
    });
  });

  test('of an older version has the number of this one as soon as this one uses it, so that the older one refuses it', async () => {
    layOut('1');
    const file = join(folder, 'state/gold/format.json');
    writeFileSync(file, JSON.stringify({ format: 0 }));
    await serve();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ format: currentFormat });
  });

  test('of a newer version is refused with a sentence, and stays as it is', async () => {
    layOut('1');
    const newer = { format: currentFormat + 1 };
    writeFileSync(join(folder, 'state/gold/format.json'), JSON.stringify(newer));
    const [ledger = ''] = readdirSync(join(folder, 'run/gold'));
    const before = ['state/gold/catalog.jsonl', `run/gold/${ledger}`].map((file) =>
      readFileSync(join(folder, file), 'utf8'),
    );
    await serve();
    const refused = {
      Err: expect.stringMatching(/a newer Holdfast wrote it, in format \d+, and this one knows \d+: upgrade/),
    };
    expect(await call('Mount', 'directory')).toEqual(refused);
    expect(await call('Create', 'other')).toEqual(refused);
    const after = ['state/gold/catalog.jsonl', `run/gold/${ledger}`].map((file) =>
      readFileSync(join(folder, file), 'utf8'),
    );
    expect(after).toEqual(before);
    expect(existsSync(join(folder, 'volumes/other'))).toBe(false);
  });

  test('of a newer version, one record among others: its volume keeps its name and data, the others are served', async () => {
    layOut('1');
    const record = join(folder, 'volumes/.holdfast/registry/newer.json');
    const text = JSON.stringify({ format: currentFormat + 1, volume: { name: 'newer', layout: 'unknown' } });
    writeFileSync(record, text, { mode: 0o600 });
    await serve();
    expect(await listed()).toEqual(['directory', 'newer']);
    const refused = { Err: expect.stringContaining('a newer Holdfast wrote it') };
    for (const method of ['Mount', 'Create', 'Remove'])
      expect([method, await call(method, 'newer')]).toEqual([method, refused]);
    expect(readFileSync(record, 'utf8')).toBe(text);
    expect(await call('Mount', 'directory')).toEqual({ Mountpoint: expect.any(String) });
  });
});
