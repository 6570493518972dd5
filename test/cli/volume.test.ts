import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseVolumeName } from '../../src/core/names.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { type AdminSocket, openAdminSocket } from '../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../fakes/fake-driver.ts';
import { runHere } from './in-process.ts';
import type { Ended } from './run-cli.ts';

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

describe('with one driver, it need not be named', () => {
  beforeEach(() => open(gold));

  test('create makes a volume with its options, and says how to use it', async () => {
    const { code, out } = await volume('create', 'db', '-o', 'size=2GiB', '-o', 'label=a=b');
    expect(code).toBe(0);
    expect(out).toBe(
      'Volume db exists in driver gold. Use it: docker run --rm -it -v db:/data --volume-driver gold busybox\n',
    );
    expect((await gold.get(name('db')))?.volume.given).toEqual({ size: '2GiB', label: 'a=b' });
  });

  test('create says what differs from a volume that exists', async () => {
    await gold.create(name('db'), { size: '2GiB' });
    expect(await volume('create', 'db', '-o', 'size=3GiB')).toEqual(
      failed('Volume db exists: size is "2GiB", not "3GiB".'),
    );
  });

  test('ls is an aligned table', async () => {
    expect(await volume('ls')).toEqual(
      done('There are no volumes yet: make one with `holdfast volume create NAME`.'),
    );
    await gold.create(name('a-long-name'), {});
    await gold.create(name('b'), {});
    await volume('mount', 'b');
    expect(await volume('ls')).toEqual(
      done(
        [
          'DRIVER  NAME         CREATED           MOUNTED AT',
          'gold    a-long-name  2024-01-02 03:04  -',
          'gold    b            2024-01-02 03:04  /mnt/gold/b',
        ].join('\n'),
      ),
    );
  });

  test('inspect shows all about a volume', async () => {
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
    });
  });

  test('a name that does not exist is told with the nearest one', async () => {
    await gold.create(name('database'), {});
    expect(await volume('inspect', 'databse')).toEqual(
      failed('There is no volume databse. Did you mean database?'),
    );
    expect(await volume('mount', 'other')).toEqual(
      failed('There is no volume other. `holdfast volume ls` lists what there is.'),
    );
  });

  test('a name that cannot be one never gets to the daemon', async () => {
    for (const words of [
      ['create', '../x'],
      ['inspect', '..'],
      ['rm', 'a/b'],
      ['undelete', ''],
    ]) {
      const { code, err } = await volume(...words);
      expect([code, err]).toEqual([1, expect.stringMatching(/^holdfast: The volume name .*\n$/)]);
    }
    expect(socket.events).toEqual([]);
  });

  test('rm removes what it can, and tells what it cannot', async () => {
    for (const each of ['a', 'b', 'c']) await gold.create(name(each), {});
    await volume('mount', 'b');
    expect(await volume('rm', 'a', 'b', 'none', 'c')).toEqual({
      code: 1,
      out: 'Volume a was removed from driver gold.\nVolume c was removed from driver gold.\n',
      err: 'holdfast: Volume b is used.\nholdfast: There is no volume none. `holdfast volume ls` lists what there is.\n',
    });
    await volume('unmount', 'b');
    const { out, err, code } = await volume('rm', 'b', 'none', '--json');
    expect(JSON.parse(out)).toEqual({ removed: [{ driver: 'gold', name: 'b' }] });
    expect(JSON.parse(err)).toEqual({ error: { code: 'not-found', message: expect.any(String) } });
    expect(code).toBe(1);
  });

  test('undelete brings back the last one of the name, or the one with the ID', async () => {
    for (const size of ['1GiB', '2GiB']) {
      await gold.create(name('db'), { size });
      await gold.remove(name('db'));
    }
    const older = gold.removed[1]?.volume.id ?? '';
    expect((await volume('ls', '--removed')).out).toMatch(
      /^DRIVER {2}NAME {2}ID +REMOVED +DELETED AFTER\ngold +db +id-\d +2024-01-02 03:04 {2}2024-01-03 03:04\n/,
    );
    expect(await volume('undelete', 'db', '--id', older)).toEqual(done('Volume db is back in driver gold.'));
    expect((await gold.get(name('db')))?.volume.given).toEqual({ size: '1GiB' });
    expect(await volume('undelete', 'db', '--id', 'id-99')).toEqual(
      failed(
        'No removed volume db with the ID "id-99" is kept: `holdfast volume ls --removed` lists those that are.',
      ),
    );
  });

  test('mount holds a volume for the operator until unmount', async () => {
    await gold.create(name('db'), {});
    expect(await volume('mount', 'db')).toEqual(
      done('Volume db is mounted at /mnt/gold/db. Give it back: holdfast volume unmount db'),
    );
    expect((await gold.get(name('db')))?.holders).toMatchObject([{ id: 'operator' }]);
    expect(await volume('unmount', 'db')).toEqual(done('Volume db is no longer held by the operator.'));
    expect((await gold.get(name('db')))?.holders).toEqual([]);
  });

  test('what the daemon refuses is said in its words, with its code', async () => {
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

  test('the one that has the volume is meant', async () => {
    expect(await json('inspect', 'one')).toMatchObject({ driver: 'gold' });
    expect(await volume('rm', 'one')).toEqual(done('Volume one was removed from driver gold.'));
    expect(await volume('undelete', 'one')).toEqual(done('Volume one is back in driver gold.'));
  });

  test('when more than one has it, the command asks which', async () => {
    const which = failed('Volume both exists in the drivers gold and shared: choose one with --driver.');
    for (const verb of ['inspect', 'rm', 'mount', 'unmount'])
      expect(await volume(verb, 'both')).toEqual(which);
    expect(await json('inspect', 'both', '--driver', 'shared')).toMatchObject({ driver: 'shared' });
    expect((await volume('rm', 'both', '-d', 'gold')).code).toBe(0);
    expect(await json('inspect', 'both')).toMatchObject({ driver: 'shared' });
  });

  test('create asks which', async () => {
    expect(await volume('create', 'new')).toEqual(
      failed('There are the drivers gold and shared: choose one with --driver.'),
    );
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

  test('ls --removed shows the others when one of them cannot tell', async () => {
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

  test('ls lists a volume once, with its member, and by the joint name when asked', async () => {
    expect(await json('ls')).toMatchObject({ volumes: [{ driver: 'gold', name: 'db' }] });
    expect(await json('ls', '--driver', 'all')).toMatchObject({ volumes: [{ driver: 'all', name: 'db' }] });
  });

  test('ls --removed does as well', async () => {
    await gold.remove(name('db'));
    await all.remove(name('db'));
    expect(await json('ls', '--removed')).toMatchObject({ removed: [{ driver: 'gold', name: 'db' }] });
    expect(await volume('undelete', 'db')).toEqual(done('Volume db is back in driver gold.'));
  });

  test('a volume is meant through its member, and inspect tells the member of the joint name', async () => {
    expect(await json('inspect', 'db')).toMatchObject({ driver: 'gold' });
    expect((await volume('inspect', 'db', '--driver', 'all')).out).toContain(
      'Driver      all\nMember      gold\n',
    );
  });
});
