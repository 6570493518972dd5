import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver } from '../../fakes/fake-driver.ts';
import { eventually } from '../../lab/eventually.ts';
import { prepareDaemon } from '../../lab/lone-daemon.ts';
import { alone } from '../../lab/namespace.ts';
import { describeWith } from '../../lab/requirements.ts';
import { environment } from '../../lab/run.ts';
import { runHere } from '../in-process.ts';

let folder: string;
/** As Docker has them. */
async function dockerVolume(name: string, type: string, o: string, device: string): Promise<void> {
  await mkdir(join(folder, 'docker', name), { recursive: true });
  const record = { MountType: type, MountOpts: o, MountDevice: device, Quota: {} };
  await writeFile(join(folder, 'docker', name, 'opts.json'), JSON.stringify(record));
}

describeWith({ root: true, programs: ['unshare'] }, 'adopted by a daemon, volumes of another driver', () => {
  let stop = async () => {};
  let socket = '';
  const adopt = (...words: string[]) =>
    runHere([
      ...['adopt', join(folder, 'docker'), '--from', 'docker-local', '--socket', socket],
      ...(words.includes('--driver') ? words : ['--driver', 'gold', ...words]),
    ]);
  const volumes = async () =>
    (await runHere(['volume', 'ls', '--quiet', '--socket', socket])).out.split('\n').filter(Boolean);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-adopt-'));
    await mkdir(join(folder, 'srv/photos'), { recursive: true });
    await writeFile(join(folder, 'srv/photos/file'), 'dear');
    socket = join(folder, 'admin.sock');
    const settings = { root: join(folder, 'volumes'), allowedRoots: [join(folder, 'srv')] };
    // Its root is in a place from which directories may be adopted.
    const inside = {
      backend: 'local',
      settings: { root: join(folder, 'srv/root'), allowedRoots: [join(folder, 'srv')] },
    };
    const { words } = await prepareDaemon(folder, {
      drivers: { gold: { backend: 'local', settings }, inside },
    });
    const daemon = spawn('unshare', [...alone, ...words], { stdio: 'ignore', env: environment() });
    stop = async () => {
      daemon.kill();
      await once(daemon, 'exit');
    };
    await eventually(
      'it serves',
      async () => (await runHere(['volume', 'ls', '--socket', socket])).code === 0,
    );
    await dockerVolume('photos', 'none', 'bind', join(folder, 'srv/photos'));
  });
  afterAll(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });

  test('a dry run says what would be done, and does nothing', async () => {
    const { out, code } = await adopt('--dry-run');
    expect([code, out]).toEqual([0, expect.stringMatching(/photos +gold +would be adopted/)]);
    expect(await volumes()).toEqual([]);
  });

  test('they stay where they are, and adopting them twice is adopting them once', async () => {
    expect((await adopt()).out).toMatch(/photos +gold +adopted/);
    expect((await adopt()).out).toMatch(/photos +gold +is adopted/);
    const { out } = await runHere(['volume', 'mount', 'photos', '--json', '--socket', socket]);
    expect(JSON.parse(out)).toMatchObject({ name: 'photos' });
    await runHere(['volume', 'unmount', 'photos', '--socket', socket]);
    expect(await readFile(join(folder, 'srv/photos/file'), 'utf8')).toBe('dear');
  });

  test('undone, their names are forgotten, and the data stays', async () => {
    expect((await adopt('--undo', '--dry-run')).out).toMatch(/photos +gold +would be forgotten/);
    expect(await volumes()).toEqual(['photos']);
    expect((await adopt('--undo')).out).toMatch(/photos +gold +forgotten/);
    expect((await adopt('--undo')).out).toMatch(/photos +gold +not adopted/);
    expect(await volumes()).toEqual([]);
    expect(await readFile(join(folder, 'srv/photos/file'), 'utf8')).toBe('dear');
  });

  test('one that was not adopted from there is not removed by an undo', async () => {
    await runHere(['volume', 'create', 'photos', '--driver', 'gold', '--socket', socket]);
    const { code, err } = await adopt('--undo');
    expect([code, err]).toEqual([1, expect.stringContaining('Volume photos exists')]);
    expect(await volumes()).toEqual(['photos']);
    await runHere(['volume', 'rm', 'photos', '--socket', socket]);
  });

  test('an undo without the move keeps a volume that only has the name of one in the folder of Docker', async () => {
    await mkdir(join(folder, 'docker/db/_data'), { recursive: true });
    const words = ['db', '--driver', 'gold', '--socket', socket];
    try {
      expect((await adopt('--undo')).out).toMatch(/db +gold +not adopted/);
      await runHere(['volume', 'create', ...words]);
      for (const more of [['--dry-run'], []]) {
        const { code, err } = await adopt('--undo', ...more);
        expect([code, err]).toEqual([1, expect.stringContaining('"db" of driver gold stays as it is')]);
      }
      expect(await volumes()).toEqual(['db']);
    } finally {
      await runHere(['volume', 'rm', ...words]);
      await rm(join(folder, 'docker/db'), { recursive: true });
    }
  });

  test('what stands in the way of an undo is found before the name is forgotten; an interrupted move is undone', async () => {
    const [data, moved] = [join(folder, 'docker/db/_data'), join(folder, 'srv/again')];
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'file'), 'dear');
    await mkdir(moved);
    const move = (...words: string[]) => adopt('--move', moved, ...words);
    try {
      await move();
      await mkdir(data);
      const { code, err } = await move('--undo');
      expect([code, err]).toEqual([1, expect.stringContaining('_data" exists already')]);
      expect(await volumes()).toContain('db');
      await rm(data, { recursive: true });
      expect((await move('--undo')).out).toMatch(/db +gold +moved back/);
      const record = JSON.stringify({ from: data, to: join(moved, 'db'), state: 'begun' });
      await writeFile(join(moved, '.holdfast-moves/db.in.json'), record);
      expect((await move('--undo', '--dry-run')).out).toMatch(/db +gold +would be moved back/);
      expect((await move('--undo')).out).toMatch(/db +gold +moved back/);
      expect((await move('--undo')).out).toMatch(/db +gold +not adopted/);
      expect(await readFile(join(data, 'file'), 'utf8')).toBe('dear');
    } finally {
      await rm(moved, { recursive: true });
      await rm(join(folder, 'docker/db'), { recursive: true });
    }
  });

  test('two volumes of one directory are not moved', async () => {
    await dockerVolume('again', 'none', 'bind', join(folder, 'srv/photos'));
    await mkdir(join(folder, 'srv/third'));
    try {
      const { code, err } = await adopt('--move', join(folder, 'srv/third'));
      expect(code).toBe(1);
      expect(err).toContain('"again" was not adopted. A move of');
      expect(err).toContain('"photos" was not adopted. A move of');
      expect(await readFile(join(folder, 'srv/photos/file'), 'utf8')).toBe('dear');
    } finally {
      await rm(join(folder, 'docker/again'), { recursive: true });
      await rm(join(folder, 'srv/third'), { recursive: true });
    }
  });

  test('an empty folder name and an unknown driver are refused', async () => {
    expect(await adopt('--move', '')).toMatchObject({ code: 1, err: expect.stringContaining('is empty') });
    const { code, err } = await adopt('--driver', 'nope');
    expect([code, err]).toEqual([1, expect.stringContaining('There is no driver "nope" with a backend.')]);
    expect(err).toContain('gold and inside');
  });

  test('one in the folder of Docker is refused, and with --move goes to a folder of the driver; undone, it comes back', async () => {
    const data = join(folder, 'docker/db/_data');
    const moved = join(folder, 'srv/moved/db');
    await mkdir(data, { recursive: true });
    await mkdir(join(folder, 'srv/moved'));
    await writeFile(join(data, 'file'), 'dear');
    const move = (...words: string[]) => adopt('--move', join(folder, 'srv/moved'), ...words);
    try {
      expect(await adopt()).toMatchObject({ code: 1, err: expect.stringContaining('move it with --move') });
      await adopt('--undo');
      const outside = await adopt('--move', join(folder, 'docker'));
      expect(outside).toMatchObject({ code: 1, err: expect.stringContaining('allowedRoots') });
      expect((await move('--dry-run')).out).toMatch(/db +gold +would be moved/);
      expect(await readFile(join(data, 'file'), 'utf8')).toBe('dear');
      expect((await move()).out).toMatch(/db +gold +moved\nphotos +gold +moved/);
      expect((await move()).out).toMatch(/db +gold +is adopted\nphotos +gold +is adopted/);
      expect(await volumes()).toEqual(['db', 'photos']);
      await writeFile(join(moved, 'later'), 'later');
      expect((await move('--undo', '--dry-run')).out).toMatch(/db +gold +would be moved back/);
      expect(await volumes()).toEqual(['db', 'photos']);
      expect((await move('--undo')).out).toMatch(/db +gold +moved back\nphotos +gold +moved back/);
      expect((await move('--undo')).out).toMatch(/db +gold +not adopted/);
      expect(await volumes()).toEqual([]);
      expect(await readdir(data)).toEqual(['file', 'later']);
      expect(await readFile(join(folder, 'srv/photos/file'), 'utf8')).toBe('dear');
    } finally {
      await rm(join(folder, 'docker/db'), { recursive: true });
    }
  });

  test.each(['volumes', 'srv/root', 'srv/root/deeper'])(
    'none goes to the own root of a driver (%s), where it would be taken for a volume of it: nothing is moved, and there is nothing to undo',
    async (own) => {
      const data = join(folder, 'docker/db/_data');
      await mkdir(data, { recursive: true });
      await writeFile(join(data, 'file'), 'dear');
      await mkdir(join(folder, own), { recursive: true });
      const move = (...words: string[]) =>
        adopt('--move', join(folder, own), '--driver', own === 'volumes' ? 'gold' : 'inside', ...words);
      try {
        for (const words of [['--dry-run'], [], ['--undo', '--dry-run'], ['--undo']]) {
          const { code, out, err } = await move(...words);
          const isUndo = words.includes('--undo');
          expect([words, code]).toEqual([words, isUndo ? 0 : 1]);
          if (isUndo) expect(out).toMatch(/db +\w+ +not adopted/);
          else
            expect(err).toMatch(
              /db could not be created: .*overlaps the driver's own root .*: choose one outside/,
            );
          expect(err).not.toContain('allowedRoots');
        }
        expect(await readFile(join(data, 'file'), 'utf8')).toBe('dear');
        expect(await readdir(join(folder, own))).not.toContain('.holdfast-moves');
        expect(await volumes()).toEqual([]);
      } finally {
        await rm(join(folder, 'docker/db'), { recursive: true });
      }
    },
  );

  test.each([
    ['elsewhere', 'none', 'bind', '/etc', 'is not below one of'],
    ['upwards', 'none', 'bind', '/srv/../etc', 'option path'],
    ['office', 'cifs', 'username=a,password=secret', '//nas/office', 'no backend mounts that'],
    ['memory', 'tmpfs', 'size=1m', 'tmpfs', 'memory is lost'],
    ['-rf', 'none', 'bind', '/srv/x', 'is not usable'],
  ])('%s is refused, and the others are adopted', async (name, type, o, device, why) => {
    await dockerVolume(name, type, o, device);
    try {
      const { code, out, err } = await adopt();
      expect([code, err]).toEqual([1, expect.stringContaining(why)]);
      expect(err).not.toContain('secret');
      expect(out).toMatch(/photos +gold +(is )?adopted/);
      expect(await volumes()).toEqual(['photos']);
    } finally {
      await rm(join(folder, 'docker', name), { recursive: true });
    }
  });
});

describe('of several drivers', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-adopt-'));
    await dockerVolume('films', 'nfs', 'addr=nfs2.example,rw', ':/srv/media');
    await dockerVolume('photos', 'none', 'bind', '/srv/photos');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function adoptWith(backends: Readonly<Record<string, string>>, ...words: string[]) {
    const drivers = Object.entries(backends).map(([name, backend]) => ({
      ...createFakeDriver(name),
      backend,
    }));
    const socket = await openAdminSocket(drivers);
    try {
      const folderOf = join(folder, 'docker');
      return await runHere(['adopt', folderOf, '--from', 'docker-local', '--socket', socket.path, ...words]);
    } finally {
      await socket.close();
    }
  }

  test('each volume gets the one with its backend', async () => {
    const { code, out } = await adoptWith({ shared: 'nfs', gold: 'local' });
    expect([code, out]).toEqual([0, expect.stringMatching(/films +shared +adopted\nphotos +gold +adopted/)]);
  });

  test('one without its backend is refused, and one of several must be chosen', async () => {
    const { out, err } = await adoptWith({ gold: 'local', tin: 'local' });
    expect(out).not.toContain('adopted');
    expect(err).toContain('Volume "films" was not adopted. It needs the backend nfs, and no driver has it.');
    expect(err).toContain(
      '"photos" was not adopted. Several drivers have the backend local: gold and tin. Choose one with --driver.',
    );
    expect((await adoptWith({ gold: 'local', tin: 'local' }, '--driver', 'tin')).out).toMatch(
      /photos +tin +adopted/,
    );
  });
});
