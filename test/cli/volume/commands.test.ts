import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withUsers } from '../../../src/cli/volume/users.ts';
import type { ContainerUsers } from '../../../src/core/engine/used-by.ts';
import { wordsOf } from '../../../src/core/error-words.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { engineAt } from '../../../src/engines/usual-engines.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../../fakes/fake-driver.ts';
import { runHere } from '../in-process.ts';
import type { Ended } from '../run-cli.ts';

let gold: FakeDriver;
let shared: FakeDriver;
let socket: AdminSocket;

beforeEach(() => {
  gold = createFakeDriver('gold');
  shared = createFakeDriver('shared');
});
afterEach(() => socket.close());

const open = async (...drivers: FakeDriver[]) => {
  socket = await openAdminSocket(drivers);
};
const volume = (...words: string[]): Promise<Ended> => runHere(['volume', ...words, '--socket', socket.path]);
const json = async (...words: string[]): Promise<unknown> =>
  JSON.parse((await volume(...words, '--json')).out);
const done = (out: string): Ended => ({ code: 0, out: `${out}\n`, err: '' });
const failed = (message: string): Ended => ({ code: 1, out: '', err: `holdfast: ${message}\n` });
const name = parseVolumeName;

describe('with one driver, --driver is optional', () => {
  beforeEach(() => open(gold));

  test('create creates a volume with its options, and says how to use it', async () => {
    const { code, out } = await volume('create', 'db', '-o', 'size=2GiB', '-o', 'label=a=b');
    expect(code).toBe(0);
    expect(out).toBe(
      'Volume db exists in driver gold. Use it: docker run --rm -it -v db:/data --volume-driver gold busybox\n',
    );
    expect((await gold.get(name('db')))?.volume).toHaveProperty('given', { size: '2GiB', label: 'a=b' });
  });

  test('create names the difference from an existing volume', async () => {
    await gold.create(name('db'), { size: '2GiB' });
    expect(await volume('create', 'db', '-o', 'size=3GiB')).toEqual(
      failed('Volume db exists: size is "2GiB", not "3GiB".'),
    );
  });

  test('ls is an aligned table', async () => {
    expect(await volume('ls')).toEqual(
      done('There are no volumes yet. Create one with `holdfast volume create NAME`.'),
    );
    await gold.create(name('a-long-name'), {});
    await gold.create(name('b'), {});
    await volume('mount', 'b');
    expect(await volume('ls')).toEqual(
      done(
        [
          'DRIVER  NAME         USED     SIZE  USE%  STATE        FOR       HEALTH',
          'gold    a-long-name  unknown  1GiB  -     not mounted  -         -',
          'gold    b            unknown  1GiB  -     mounted      operator  -',
        ].join('\n'),
      ),
    );
  });

  test('ls --unused lists what nobody uses, and says if the last use is unknown', async () => {
    for (const each of ['a', 'b']) await gold.create(name(each), {});
    await volume('mount', 'b');
    expect(await volume('ls', '--unused')).toEqual(
      done(
        [
          'DRIVER  NAME  USED     SIZE  CREATED               LAST USED',
          'gold    a     unknown  1GiB  2024-01-02T03:04:05Z  unknown: never recorded',
        ].join('\n'),
      ),
    );
    expect((await volume('ls', '--unused', '--quiet')).out).toBe('a\n');
    gold.failNext(new VolumeError('unavailable', 'The server is down.'));
    expect(await volume('ls', '--unused')).toEqual(failed('The server is down.'));
  });

  test('ls --watch repeats the list, and replaces what it showed before', async () => {
    await gold.create(name('a'), {});
    const words = ['volume', 'ls', '--watch', '--socket', socket.path];
    let looks = 0;
    const pause = async () => {
      looks += 1;
      if (looks === 1) await gold.create(name('b'), {});
      return looks < 2;
    };
    const { code, out } = await runHere(words, {
      pause,
      terminal: () => ({ columns: 80, hasColours: false }),
    });
    expect(code).toBe(0);
    const [, first = '', second = '', ...more] = out.split('\u001b[H\u001b[2J');
    expect(more).toEqual([]);
    expect([first.split('\n').length, second.split('\n').length]).toEqual([3, 4]);
    looks = 1;
    expect((await runHere(words, { pause })).out).not.toContain('\u001b');
  });

  test('inspect shows the details of a volume', async () => {
    await gold.create(name('db'), { uid: '7' });
    await volume('mount', 'db');
    expect(await volume('inspect', 'db')).toEqual(
      done(
        [
          'Volume      db',
          'Driver      gold',
          'ID          id-1',
          'Created     2024-01-02 03:04',
          'Mounted at  /mnt/gold/db',
          'Options     size=1GiB (default)',
          '            uid=7',
          'Held by     operator since 2024-01-02 03:04',
          'Used        unknown: not measured since the daemon started',
          'List read   2 s ago',
          'Last seen   zone: eu-1a',
        ].join('\n'),
      ),
    );
    expect(await json('inspect', 'db')).toEqual({
      driver: 'gold',
      name: 'db',
      id: 'id-1',
      createdAt: '2024-01-02T03:04:05Z',
      mountpoint: '/mnt/gold/db',
      options: { size: '1GiB', uid: '7' },
      given: { uid: '7' },
      holders: [{ id: 'operator', kind: 'operator', mountedAt: '2024-01-02T03:04:05Z' }],
      catalogAge: 1500,
      details: { zone: 'eu-1a' },
      usedBy: [],
    });
  });

  test('for an unknown name, the nearest one is suggested', async () => {
    await gold.create(name('database'), {});
    expect(await volume('inspect', 'databse')).toEqual(
      failed('There is no volume databse. Did you mean database?'),
    );
    expect(await volume('mount', 'other')).toEqual(
      failed('There is no volume other. List all volumes with `holdfast volume ls`.'),
    );
  });

  test('an invalid name is not sent to the daemon', async () => {
    for (const words of [
      ['create', '../x'],
      ['inspect', '..'],
      ['rm', 'a/b'],
      ['undelete', ''],
    ]) {
      const { code, err } = await volume(...words);
      expect([code, err]).toEqual([2, expect.stringMatching(/^holdfast: The volume name .*\n$/)]);
    }
    expect(socket.events).toEqual([]);
  });

  test('rm removes the volumes that it can, and reports the others', async () => {
    for (const each of ['a', 'b', 'c']) await gold.create(name(each), {});
    await volume('mount', 'b');
    expect(await volume('rm', 'a', 'b', 'none', 'c')).toEqual({
      code: 1,
      out: 'Volume a was removed from driver gold.\nVolume c was removed from driver gold.\n',
      err: 'holdfast: Volume b is used.\nholdfast: There is no volume none. List all volumes with `holdfast volume ls`.\n',
    });
    await volume('unmount', 'b');
    const { out, err, code } = await volume('rm', 'b', 'none', '--json');
    expect(JSON.parse(out)).toEqual({ removed: [{ driver: 'gold', name: 'b' }] });
    expect(JSON.parse(err)).toEqual({ error: { code: 'not-found', message: expect.any(String) } });
    expect(code).toBe(1);
  });

  describe('containers', () => {
    const id = '3f'.repeat(32);
    const of = (state: string) => ({ engine: 'Docker', id, name: 'web', state, destination: '/data' });
    const openWith = async (told: ContainerUsers) => {
      await socket.close();
      socket = await openAdminSocket([gold], undefined, undefined, async () => told);
    };

    test('that use a volume are named by inspect, and by rm when it is refused', async () => {
      await openWith({ containers: [of('running')], silent: [] });
      await gold.create(name('db'), {});
      await volume('mount', 'db');
      gold.use('db', {
        users: [
          { pid: 7, command: 'postgres', containerId: id, mountpoint: '/data' },
          { pid: 9, command: 'bash', mountpoint: '/mnt' },
        ],
        ownMounts: ['/srv/pub'],
      });
      const { out } = await volume('inspect', 'db');
      expect(out).toContain('Used by     container web of Docker (running, 3f3f3f3f3f3f) at /data\n');
      expect(out).toContain('            process 9 (bash) at /mnt\n');
      expect(out).toContain('            a mount of this host at /srv/pub\n');
      expect(await json('inspect', 'db')).toMatchObject({
        usedBy: [
          { kind: 'container', engine: 'Docker', name: 'web', id, state: 'running', pid: 7 },
          { kind: 'process', pid: 9 },
          { kind: 'mount', mountpoint: '/srv/pub' },
        ],
      });
      expect((await volume('rm', 'db')).err).toBe(
        'holdfast: Volume db is used. It is used by container web of Docker (running, 3f3f3f3f3f3f) at /data, process 9 (bash) at /mnt and a mount of this host at /srv/pub.\n',
      );
    });

    test('that are stopped and refer to a removed volume cause a warning', async () => {
      await openWith({ containers: [of('exited')], silent: [] });
      await gold.create(name('db'), {});
      expect(await volume('rm', 'db')).toEqual({
        code: 0,
        out: 'Volume db was removed from driver gold.\n',
        err: 'holdfast: Volume db was removed, but container web of Docker (exited, 3f3f3f3f3f3f) at /data still refers to it and cannot start without it.\n',
      });
    });

    test('of an engine that does not answer are shown as unknown', async () => {
      await openWith({ containers: [], silent: [{ engine: 'Docker', reason: 'no answer within 2 s' }] });
      await gold.create(name('db'), {});
      const note = 'It is unknown which containers of Docker refer to it: no answer within 2 s.';
      expect((await volume('inspect', 'db')).out).toContain(`Used by     ${note}\n`);
      await volume('mount', 'db');
      expect((await volume('rm', 'db')).err).toBe(`holdfast: Volume db is used. ${note}\n`);
    });
  });

  test('undelete brings back the last volume of the name, or the one with the ID', async () => {
    for (const size of ['1GiB', '2GiB']) {
      await gold.create(name('db'), { size });
      await gold.remove(name('db'));
    }
    const older = gold.removed[1]?.volume.id ?? '';
    expect((await volume('ls', '--removed')).out).toMatch(
      /^DRIVER {2}NAME {2}ID +REMOVED +DELETED AFTER\ngold +db +id-\d +2024-01-02 03:04 {2}2024-01-03 03:04\n/,
    );
    expect(await volume('undelete', 'db', '--id', older)).toEqual(done('Volume db is back in driver gold.'));
    expect((await gold.get(name('db')))?.volume).toHaveProperty('given', { size: '1GiB' });
    expect(await volume('undelete', 'db', '--id', 'id-99')).toEqual(
      failed(
        'No removed volume db with the ID "id-99" is kept. List those that are with `holdfast volume ls --removed`.',
      ),
    );
  });

  const docker = engineAt('Docker', '/run/docker.sock');

  test('undelete says if it is unknown whether an engine has its own volume of that name', async () => {
    const parts = { enginesWithOwn: async () => [{ engine: docker, unknown: 'no answer within 2000 ms' }] };
    await gold.create(name('db'), {});
    await gold.remove(name('db'));
    expect(await runHere(['volume', 'undelete', 'db', '--socket', socket.path], parts)).toEqual({
      ...done('Volume db is back in driver gold.'),
      err: 'holdfast: It is unknown whether Docker has its own volume db (driver `local`), which its containers would get: no answer within 2000 ms.\n',
    });
  });

  test('undelete --as brings it back under another name, and --dry-run only says so', async () => {
    await gold.create(name('db'), {});
    await gold.remove(name('db'));
    await gold.create(name('db'), {});
    const dry = await volume('undelete', 'db', '--as', 'db-old', '--dry-run');
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('undelete') });
    expect(await gold.get(name('db-old'))).toBeUndefined();
    const asked: string[] = [];
    const parts = {
      async enginesWithOwn(one: string) {
        asked.push(one);
        return [];
      },
    };
    const words = ['volume', 'undelete', 'db', '--as', 'db-old', '--socket', socket.path];
    expect(await runHere(words, parts)).toEqual(done('Volume db is back in driver gold as db-old.'));
    expect(asked).toEqual(['db-old']);
    expect(await gold.get(name('db-old'))).toBeDefined();
    expect((await volume('undelete', 'db', '--as', '../etc')).code).toBe(2);
  });

  test('undelete warns if an engine has its own volume of that name', async () => {
    const parts = {
      enginesWithOwn: async () => [{ engine: docker }],
    };
    const undelete = (...more: string[]) =>
      runHere(['volume', 'undelete', 'db', '--socket', socket.path, ...more], parts);
    const warning =
      'Docker has its own volume db (driver `local`), and its containers keep using that one. Save the data you need from it, then remove it with `docker volume rm db`. After that, Docker finds the volume of driver gold.';
    await gold.create(name('db'), {});
    await gold.remove(name('db'));
    expect(await undelete()).toEqual({
      ...done('Volume db is back in driver gold.'),
      err: `holdfast: ${warning}\n`,
    });
    await gold.remove(name('db'));
    const { code, out, err } = await undelete('--json');
    expect([code, JSON.parse(out).name]).toEqual([0, 'db']);
    expect(JSON.parse(err)).toEqual({ warning: { message: warning } });
  });

  test('for a removed volume, the error has the command that brings it back', async () => {
    await gold.create(name('db'), {});
    await gold.remove(name('db'));
    for (const verb of ['inspect', 'mount', 'rm'])
      expect(await volume(verb, 'db')).toEqual(
        failed(
          'Volume db was removed from driver gold, and its data is kept. Bring it back with `holdfast volume undelete db --driver gold`.',
        ),
      );
  });

  test('if the storage does not answer, a volume is not reported as absent', async () => {
    gold.failNext(new VolumeError('unavailable', 'Cannot tell whether volume db exists: it is down.'));
    expect(await volume('inspect', 'db')).toEqual(
      failed('Cannot tell whether volume db exists: it is down.'),
    );
  });

  test('mount keeps a volume for the operator until unmount', async () => {
    await gold.create(name('db'), {});
    expect(await volume('mount', 'db')).toEqual(
      done('Volume db is mounted at /mnt/gold/db. Unmount it with: holdfast volume unmount db'),
    );
    expect((await gold.get(name('db')))?.holders).toMatchObject([{ id: 'operator' }]);
    expect(await volume('unmount', 'db')).toEqual(done('Volume db is no longer held by the operator.'));
    expect((await gold.get(name('db')))?.holders).toEqual([]);
  });

  test('release drops the holders, or names those who use the volume', async () => {
    await gold.create(name('db'), {});
    await volume('mount', 'db');
    expect(await volume('release', 'db')).toEqual(
      done('Volume db is released: dropped operator, unmounted /mnt/gold/db.'),
    );
    expect(await json('release', 'db')).toEqual({ driver: 'gold', name: 'db', holders: [] });
    expect((await volume('release', 'db')).out).toContain('there is nothing to release');
    const user = { pid: 7, command: 'rsync', mountpoint: '/mnt' };
    gold.use('db', { users: [user], ownMounts: [] });
    expect(await volume('release', 'db')).toEqual(
      failed('Volume db is used. It is used by process 7 (rsync) at /mnt.'),
    );
    expect((await volume('release', 'no')).code).toBe(1);
  });

  test('a user whom the error names is not named twice', async () => {
    const user = { kind: 'process', pid: 7, command: 'rsync', mountpoint: '/mnt' };
    const ask = async () => ({ usedBy: [user], notes: [] });
    const told = async (message: string) => ({
      message: wordsOf(await withUsers(new VolumeError('in-use', message), ask)),
    });
    expect((await told('Volume db is in use by process 7 (rsync) at /mnt.')).message).not.toContain(
      'It is used by',
    );
    expect((await told('Volume db is in use by process 70 (rsync) at /mnt.')).message).toContain(
      'process 7 (rsync)',
    );
  });

  test('--dry-run prints what the daemon would do, and changes nothing', async () => {
    expect(await volume('create', 'db', '--dry-run', '-o', 'uid=7')).toEqual(
      done('Volume db of driver gold would:\n  create  in driver gold'),
    );
    expect([...gold.list()]).toEqual([]);
    await gold.create(name('db'), { uid: '7' });
    expect((await volume('create', 'db', '-n', '-o', 'uid=7')).out).toContain('exists: nothing to do.');
    expect(await volume('create', 'db', '-n', '-o', 'uid=8')).toEqual(
      await volume('create', 'db', '-o', 'uid=8'),
    );
    expect((await volume('mount', 'db', '-n')).out).toContain('hold  operator');
    await volume('mount', 'db');
    for (const verb of ['unmount', 'release'])
      expect((await volume(verb, 'db', '-n')).out).toContain('drop holder  operator');
    expect(await volume('rm', 'db', '-n')).toEqual(await volume('rm', 'db'));
    await volume('unmount', 'db');
    await gold.create(name('web'), {});
    expect(await json('rm', 'db', 'web', '-n')).toEqual({
      dryRun: true,
      volumes: ['db', 'web'].map((each) => ({ driver: 'gold', name: each, verb: 'remove', steps: [] })),
    });
    await volume('rm', 'db');
    expect((await volume('undelete', 'db', '-n')).out).toContain('undelete  the last');
    expect(Array.from(gold.list(), (one) => String(one.volume.name))).toEqual(['web']);
  });

  test("the daemon's errors are printed with its message and code", async () => {
    gold.failNext(new VolumeError('unavailable', 'The disk is gone.'));
    const { code, out, err } = await volume('inspect', 'db', '--driver', 'gold', '--json');
    expect([code, out]).toEqual([1, '']);
    expect(JSON.parse(err)).toEqual({ error: { code: 'unavailable', message: 'The disk is gone.' } });
  });
});

describe('with several drivers', () => {
  beforeEach(async () => {
    await open(gold, shared);
    await gold.create(name('one'), {});
    await gold.create(name('both'), {});
    await shared.create(name('both'), {});
  });

  test('the one that has the volume is used', async () => {
    expect(await json('inspect', 'one')).toMatchObject({ driver: 'gold' });
    expect(await volume('rm', 'one')).toEqual(done('Volume one was removed from driver gold.'));
    expect(await volume('undelete', 'one')).toEqual(done('Volume one is back in driver gold.'));
  });

  test('if several have it, the command asks which', async () => {
    const which = {
      ...failed('Volume both exists in the drivers gold and shared: choose one with --driver.'),
      code: 2,
    };
    for (const verb of ['inspect', 'rm', 'mount', 'unmount'])
      expect(await volume(verb, 'both')).toEqual(which);
    expect(await json('inspect', 'both', '--driver', 'shared')).toMatchObject({ driver: 'shared' });
    expect((await volume('rm', 'both', '-d', 'gold')).code).toBe(0);
    expect(await json('inspect', 'both')).toMatchObject({ driver: 'shared' });
  });

  test('create asks which', async () => {
    expect(await volume('create', 'new')).toEqual({
      ...failed('There are several drivers: gold and shared. Choose one with --driver.'),
      code: 2,
    });
    expect((await volume('create', 'new', '--driver', 'shared')).code).toBe(0);
    expect(await volume('create', 'new', '--driver', 'shred')).toEqual(
      failed('There is no driver "shred". Did you mean shared?'),
    );
  });

  test('ls lists all of them, or one', async () => {
    const listed = async (...words: string[]) => {
      const { out } = await volume('ls', ...words);
      return out
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(/ +/).slice(0, 2).join('/'));
    };
    expect(await listed()).toEqual(['gold/both', 'gold/one', 'shared/both']);
    expect(await listed('--driver', 'shared')).toEqual(['shared/both']);
    expect(await json('ls', '--driver', 'shared')).toMatchObject({
      volumes: [{ driver: 'shared', name: 'both' }],
    });
  });

  test('ls --removed shows the others if one does not answer', async () => {
    await shared.remove(name('both'));
    gold.failNext(new VolumeError('unavailable', 'The disk is gone.'));
    const { code, out, err } = await volume('ls', '--removed', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ removed: [{ driver: 'shared', name: 'both' }] });
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'unavailable' } });
  });
});

describe('with a joint driver beside its members', () => {
  let all: FakeDriver;
  beforeEach(async () => {
    all = createFakeDriver('all', ['gold', 'shared']);
    await open(gold, shared, all);
    await gold.create(name('db'), {});
    await all.create(name('db'), {});
  });

  test('ls lists a volume once, with its member, and by the joint name on request', async () => {
    expect(await json('ls')).toMatchObject({ volumes: [{ driver: 'gold', name: 'db' }] });
    expect(await json('ls', '--driver', 'all')).toMatchObject({ volumes: [{ driver: 'all', name: 'db' }] });
  });

  test('ls --removed lists a volume once, too', async () => {
    await gold.remove(name('db'));
    await all.remove(name('db'));
    expect(await json('ls', '--removed')).toMatchObject({ removed: [{ driver: 'gold', name: 'db' }] });
    expect(await volume('undelete', 'db')).toEqual(done('Volume db is back in driver gold.'));
  });

  test('a volume is found through its member, and inspect by the joint name shows the member', async () => {
    expect(await json('inspect', 'db')).toMatchObject({ driver: 'gold' });
    expect((await volume('inspect', 'db', '--driver', 'all')).out).toContain(
      'Driver      all\nMember      gold\n',
    );
  });
});
