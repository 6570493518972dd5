import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseSnapshotName, parseVolumeName } from '../../../src/core/names.ts';
import type { Containers } from '../../../src/core/protect/containers.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../../fakes/fake-driver.ts';
import { runHere } from '../in-process.ts';
import type { Ended } from '../run-cli.ts';

let gold: FakeDriver;
let socket: AdminSocket;
const db = parseVolumeName('db');

beforeEach(async () => {
  gold = createFakeDriver('gold');
  socket = await openAdminSocket([gold, createFakeDriver('shared')]);
  await gold.create(db, { size: '1GiB' });
});
afterEach(() => socket.close());

const holdfast = (...words: string[]): Promise<Ended> => runHere([...words, '--socket', socket.path]);
const snapshot = (...words: string[]) => holdfast('snapshot', ...words);
const volume = (...words: string[]) => holdfast('volume', ...words);
const json = async (...words: string[]): Promise<unknown> =>
  JSON.parse((await holdfast(...words, '--json')).out);

describe('holdfast snapshot', () => {
  test('create says what the snapshot has, in the driver of the volume', async () => {
    expect(await snapshot('create', 'db@before')).toEqual({
      code: 0,
      out: 'Snapshot db@before exists in driver gold. The volume was in use: the snapshot has what a power cut at that moment would have left.\n',
      err: '',
    });
    expect((await snapshot('create', 'db@before')).err).toContain('has a snapshot before');
  });
  test('copy tells the ID of the copy, and how far it is', async () => {
    await snapshot('create', 'db@before');
    expect(await snapshot('copy', 'db@before', '--to', 'eu-west-1')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^Snapshot db@before has the copy copy-of-\S+ in eu-west-1\. 0 % of it is copied so far: the same command again tells how far it is\.\n$/,
      ),
    });
    expect((await snapshot('copy', 'db@before', '--to', 'eu-west-1')).out).toContain(' It is complete.');
    expect(await json('snapshot', 'copy', 'db@before', '--to', 'eu-west-1')).toMatchObject({
      ...{ driver: 'gold', volume: 'db', name: 'before', place: 'eu-west-1' },
    });
    const refused = [
      await snapshot('copy', 'db@before'),
      await snapshot('copy', 'db', '--to', 'eu-west-1'),
      await snapshot('copy', 'db@none', '--to', 'eu-west-1'),
    ];
    expect(refused.map(({ code }) => code === 0)).toEqual([false, false, false]);
    expect(refused.map(({ err }) => err).join('')).toMatch(/--to <region>.*db@NAME.*has no snapshot none/s);
  });
  test('a copy from elsewhere is listed, cloned and removed without its volume', async () => {
    const far = parseVolumeName('far');
    const times = { id: 'f1', createdAt: '2024-01-02T03:04:05Z', consistency: 'unmounted' } as const;
    const made = { id: 'v1', name: far, createdAt: times.createdAt, options: {}, given: {} };
    gold.addCopy({ ...times, name: parseSnapshotName('before'), volume: made, copiedFrom: 'eu-west-1' });
    expect((await snapshot('ls')).out).toMatch(/gold +far@before .* complete, from eu-west-1\n/);
    expect((await snapshot('ls', 'far')).out).toContain('far@before');
    expect((await volume('clone', 'far@before', 'near')).out).toContain('with the data of far@before');
    expect((await volume('clone', 'far', 'near')).err).toContain('far');
    expect(await snapshot('rm', 'far@before', '--dry-run')).toMatchObject({ code: 0, err: '' });
    expect((await snapshot('rm', 'far@before', '--driver', 'gold')).code).toBe(0);
    expect((await snapshot('rm', 'far@before')).err).toMatch(/far/);
    expect((await snapshot('ls')).out).toContain('There are no snapshots.');
  });
  test('copy --dry-run asks what would be done, and does nothing', async () => {
    await snapshot('create', 'db@before');
    expect((await snapshot('copy', 'db@before', '--to', 'eu-west-1', '--dry-run')).code).toBe(0);
    expect((await snapshot('copy', 'db@before', '--to', 'eu-west-1')).out).toContain(' 0 % of it ');
  });
  test('create --while-in-use says what that may mean, and ls shows it', async () => {
    expect((await snapshot('create', 'db@before', '--while-in-use')).out).toContain(
      'its files may be of different moments, which is wrong for a database',
    );
    expect((await snapshot('ls')).out).toMatch(/db@before .* IN USE /);
    await volume('clone', 'db', 'copy', '--while-in-use');
    expect((await gold.get(parseVolumeName('copy')))?.volume).toMatchObject({
      given: { from: 'db', whileInUse: 'true' },
    });
    expect((await snapshot('create', 'db@next', '--while-in-use', '--dry-run')).code).toBe(0);
  });
  test('create prepares the containers first, and --dry-run only says so', async () => {
    const asked: unknown[] = [];
    const preparing: Containers = {
      async prepare(used, around) {
        asked.push([used, around]);
        return { paused: new Set(['web']), release: async () => void asked.push('released') };
      },
      foresee: async () => ({ steps: ['Container web would be paused meanwhile.'], paused: new Set() }),
    };
    const defaults = [undefined, undefined, undefined, undefined, undefined, undefined] as const;
    await socket.close();
    socket = await openAdminSocket([gold], ...defaults, preparing);
    const words = [
      'db@paused',
      '--pause',
      '--exec-before',
      'flush',
      '--exec-in',
      'web',
      '--socket',
      socket.path,
    ];
    const dry = await runHere(['snapshot', 'create', '--dry-run', ...words]);
    expect(dry.out).toMatch(/prepare +Container web would be paused meanwhile\./);
    expect(asked).toEqual([]);
    expect(await runHere(['snapshot', 'create', ...words])).toMatchObject({ code: 0 });
    expect(asked).toMatchObject([
      [
        { volume: 'db', drivers: ['gold'] },
        { pause: true, execBefore: 'flush', execIn: 'web' },
      ],
      'released',
    ]);
    asked.length = 0;
    const clone = ['volume', 'clone', 'db', 'copy', '--pause', '--socket', socket.path];
    const dryClone = await runHere([...clone, '--dry-run']);
    expect(dryClone.out).toMatch(/prepare +Container web would be paused meanwhile\./);
    expect(asked).toEqual([]);
    expect(await runHere(clone)).toMatchObject({ code: 0 });
    expect(asked).toMatchObject([[{ volume: 'db', drivers: ['gold'] }, { pause: true }], 'released']);
  });
  test('ls shows them in a table, of one volume or all, and JSON has everything', async () => {
    expect((await snapshot('ls')).out).toContain('There are no snapshots.');
    await snapshot('create', 'db@before');
    const table = [
      'DRIVER  SNAPSHOT   CREATED               MADE WHILE      COPIED',
      'gold    db@before  2024-01-02T03:04:05Z  in use, frozen  complete',
      '',
    ].join('\n');
    expect((await snapshot('ls')).out).toBe(table);
    expect((await snapshot('ls', 'db')).out).toBe(table);
    expect(await json('snapshot', 'ls')).toEqual({
      snapshots: [
        {
          driver: 'gold',
          volume: 'db',
          name: 'before',
          id: expect.any(String),
          createdAt: '2024-01-02T03:04:05Z',
          consistency: 'frozen',
          options: { size: '1GiB' },
        },
      ],
    });
    expect((await snapshot('ls', 'ghost')).err).toContain('There is no volume ghost.');
  });
  test('rm removes every snapshot that it can, even if one fails', async () => {
    await snapshot('create', 'db@one');
    await snapshot('create', 'db@two');
    const { code, out, err } = await snapshot('rm', 'db@one', 'db@ghost', 'db@two');
    expect(code).toBe(1);
    expect(out).toBe(
      'Snapshot db@one was removed from driver gold.\nSnapshot db@two was removed from driver gold.\n',
    );
    expect(err).toContain('no snapshot ghost');
  });
  test.each([['db'], ['db@'], ['@before'], ['db@a@b'], ['../db@x'], ['db@-x']])(
    'create %s is refused with the form to write',
    async (named) => {
      const { code, err } = await snapshot('create', named);
      expect(code).toBe(2);
      expect(err).toMatch(/Name the snapshot as well: db@NAME|name/);
      expect(await gold.listSnapshots()).toEqual([]);
    },
  );
});

describe('holdfast volume', () => {
  test('clone makes a volume in the driver of its source', async () => {
    await snapshot('create', 'db@before');
    expect(await volume('clone', 'db@before', 'copy', '-o', 'ro=true')).toEqual({
      code: 0,
      out: 'Volume copy exists in driver gold, with the data of db@before.\n',
      err: '',
    });
    expect((await gold.get(parseVolumeName('copy')))?.volume).toMatchObject({
      given: { ro: 'true', from: 'db@before' },
    });
    expect((await volume('clone', 'db', 'x', '-o', 'from=other')).err).toContain('leave it out');
  });
  test('clone --dry-run only says what would be made', async () => {
    const { code, out } = await volume('clone', 'db', 'copy', '--dry-run');
    expect([code, out]).toEqual([0, 'Volume copy of driver gold would:\n  create  in driver gold\n']);
    expect(await gold.get(parseVolumeName('copy'))).toBeUndefined();
    expect(await json('volume', 'clone', 'db', 'copy', '-n')).toMatchObject({
      dryRun: true,
      volumes: [{ volume: { name: 'copy', options: { from: 'db' } } }],
    });
  });
  test.each([
    [['snapshot', 'create', 'db@new'], '  snapshot  new\n'],
    [['snapshot', 'rm', 'db@before'], /^ {2}delete snapshot {2}id-\d+\n$/],
    [['volume', 'rollback', 'db@before'], /^ {2}roll back {2}id-\d+\n$/],
    [['volume', 'grow', 'db', '2GiB'], '  grow  to 2GiB\n'],
    [['volume', 'modify', 'db', '--type', 'gp3', '--iops', '4000'], '  modify  type to gp3, iops to 4000\n'],
  ])('%j with --dry-run only says what would be done', async (words, steps) => {
    await snapshot('create', 'db@before');
    const facts = async () => [await json('snapshot', 'ls'), await gold.get(db), gold.removed.length];
    const before = await facts();
    const { code, out } = await holdfast(...words, '--dry-run');
    const [first, ...rest] = out.split(/(?<=\n)/);
    expect([code, first]).toEqual([0, 'Volume db of driver gold would:\n']);
    expect(rest.join('')).toEqual(typeof steps === 'string' ? steps : expect.stringMatching(steps));
    expect(await json(...words, '-n')).toMatchObject({ dryRun: true, volumes: [{ name: 'db' }] });
    expect(await facts()).toEqual(before);
  });
  test('rm --dry-run says of each what would become of it, and refuses what would be refused', async () => {
    await snapshot('create', 'db@one');
    const { code, out, err } = await snapshot('rm', 'db@ghost', 'db@one', '-n');
    expect(code).toBe(1);
    expect(out).toContain('delete snapshot');
    expect(err).toContain('has no snapshot ghost');
  });
  test('rollback says how to get the previous data back', async () => {
    await snapshot('create', 'db@before');
    const { out } = await volume('rollback', 'db@before');
    expect(out).toMatch(
      /^Volume db has the data of its snapshot before\. .* until 2024-01-03T03:04:05Z: .*`holdfast volume undelete db --driver gold --id id-\d+`\.\n$/,
    );
  });
  test('modify prints what the volume has now', async () => {
    const words = ['volume', 'modify', 'db', '--type', 'gp3', '--iops', '4000', '--size', '2GiB'];
    expect((await holdfast(...words)).out).toBe('Volume db has type gp3, iops 4000, size 2GiB now.\n');
    expect(await json('volume', 'modify', 'db', '--throughput', '250')).toMatchObject({
      options: { type: 'gp3', throughput: '250' },
    });
    const flags = ['-o', 'noexec=true', '-o', 'ro=true'];
    expect((await volume('modify', 'db', ...flags)).out).toBe('Volume db has noexec true, ro true now.\n');
  });
  test('modify says that other hosts keep what they have mounted, where many have it', async () => {
    const capabilities = { scope: 'global', sharing: 'many-hosts' } as const;
    const other = await openAdminSocket([{ ...gold, capabilities }]);
    const words = ['volume', 'modify', 'db', '-o', 'noexec=true', '--socket', other.path];
    expect((await runHere(words)).out).toBe(
      'Volume db has noexec true now. Where another host has it mounted, this takes effect with its next mount there.\n',
    );
    await other.close();
  });
  test('grow prints the new size', async () => {
    expect((await volume('grow', 'db', '2GiB')).out).toBe('Volume db has 2GiB now.\n');
    expect(await json('volume', 'grow', 'db', '3GiB')).toMatchObject({ options: { size: '3GiB' } });
  });
});
