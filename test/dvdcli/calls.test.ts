import { mkdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { driver, type FakeDaemon, openFakeDaemon } from './fake-daemon.ts';
import { type Answers, openOtherPlugin } from './other-plugin.ts';
import { useBench } from './run-here.ts';

const bench = useBench();
const db = '--volumename=db';
const absent =
  'Volume db does not exist in driver holdfast. Create a new one with `dvdcli create --volumedriver=holdfast --volumename=db`.';
const done = { code: 0, out: '', err: '' };

async function daemon(): Promise<FakeDaemon> {
  return bench().closing(await openFakeDaemon(bench().folder, ['db']));
}

function line(ended: { readonly err: string }): string {
  expect(ended.err).toMatch(/^dvdcli: [^\n]+\n$/);
  return ended.err.slice('dvdcli: '.length, -1);
}

describe('with Holdfast, dvdcli', () => {
  test('creates and mounts in three calls, mounts an existing volume in two, and unmounts in one', async () => {
    const { calls } = await daemon();
    const mounted = { code: 0, out: `${bench().folder}/mnt/holdfast/db\n`, err: '' };
    expect(await bench().run(['mount', driver, db])).toEqual(mounted);
    expect(await bench().run(['mount', driver, db])).toEqual(mounted);
    expect(await bench().run(['unmount', driver, db])).toEqual(done);
    expect(calls()).toEqual([
      'Get db not-found',
      'Create db',
      'Mount db',
      'Get db',
      'Mount db',
      'Unmount db',
    ]);
  });

  test('creates with the options, and mounts again with the same ones', async () => {
    const { calls } = await daemon();
    const words = ['mount', driver, db, '--volumeopts=mode=0700', '--volumeopts=uid=1000'];
    expect(await bench().run(words)).toMatchObject({ code: 0 });
    expect(await bench().run(words)).toMatchObject({ code: 0 });
    expect(calls().slice(3)).toEqual(['Get db', 'Create db', 'Mount db']);
  });

  test('names the difference from an existing volume, and mounts nothing', async () => {
    const { calls, isMounted } = await daemon();
    await bench().run(['create', driver, db, '--volumeopts=mode=0700']);
    const ended = await bench().run(['mount', driver, db, '--volumeopts=mode=0750']);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(line(ended)).toMatch(
      /db exists in driver holdfast with other options: mode is "0700", not "0750"/,
    );
    expect(await isMounted('db')).toBe(false);
    expect(calls()).not.toContain('Mount db');
  });

  test('refuses a mistyped option also for a volume that exists', async () => {
    await daemon();
    await bench().run(['create', driver, db]);
    const ended = await bench().run(['mount', driver, db, '--volumeopts=sise=1GiB']);
    expect(line(ended)).toMatch(/"sise".*Did you mean "size"/);
  });

  test('mounts an existing volume even if the storage cannot compare options now', async () => {
    const { rig } = await daemon();
    await bench().run(['mount', driver, db, '--volumeopts=mode=0700']);
    rig.state.failNext('files.readText', Object.assign(new Error('EIO: i/o error'), { code: 'EIO' }));
    expect(await bench().run(['mount', driver, db, '--volumeopts=mode=0700'])).toMatchObject({ code: 0 });
  });

  test('creates one volume if two callers ask for it at once', async () => {
    const { rig } = await daemon();
    const words = ['mount', driver, db, '--volumeopts=mode=0700'];
    const both = await Promise.all([bench().run(words), bench().run(words)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect([...rig.driver.list()]).toHaveLength(1);
  });

  test('creates one volume if two callers ask for it at once with other options, and the second gets an error', async () => {
    await daemon();
    const both = await Promise.all(
      ['0700', '0750'].map((mode) => bench().run(['mount', driver, db, `--volumeopts=mode=${mode}`])),
    );
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(both.map(({ err }) => err).join('')).toMatch(/mode is "07\d0", not "07\d0"/);
  });

  test('with --explicitcreate, mounts an existing volume and creates none', async () => {
    const { rig } = await daemon();
    const ended = await bench().run(['mount', driver, db, '--explicitcreate']);
    expect(line(ended)).toBe(absent);
    expect([...rig.driver.list()]).toEqual([]);
    await bench().run(['create', driver, db]);
    expect(await bench().run(['mount', driver, db, '--explicitcreate'])).toMatchObject({ code: 0 });
  });

  test('path prints the mountpoint while it is mounted, and nothing while it is not', async () => {
    await daemon();
    expect(line(await bench().run(['path', driver, db]))).toContain('does not exist');
    await bench().run(['create', driver, db]);
    expect(await bench().run(['path', driver, db])).toEqual(done);
    const { out } = await bench().run(['mount', driver, db]);
    expect(await bench().run(['path', driver, db])).toEqual({ ...done, out });
  });

  test('get prints the name of a volume that exists; list prints all', async () => {
    await daemon();
    expect(line(await bench().run(['get', driver, db]))).toBe(absent);
    expect(await bench().run(['list', driver])).toEqual(done);
    for (const name of ['db', 'a']) await bench().run(['create', driver, `--volumename=${name}`]);
    expect(await bench().run(['get', driver, db])).toEqual({ ...done, out: 'db\n' });
    expect((await bench().run(['list', driver])).out.split('\n').sort()).toEqual(['', 'a', 'db']);
  });

  test('create and remove may be repeated', async () => {
    const { rig } = await daemon();
    for (const _ of [1, 2]) expect(await bench().run(['create', driver, db])).toEqual(done);
    expect([...rig.driver.list()]).toHaveLength(1);
    for (const _ of [1, 2]) expect(await bench().run(['remove', driver, db])).toEqual(done);
    expect([...rig.driver.list()]).toEqual([]);
  });

  test('unmounts with exit 0 a volume that is unknown, not mounted, or of an impossible name', async () => {
    await daemon();
    await bench().run(['create', driver, db]);
    for (const name of ['db', 'none', '../x', 'a b', 'dätä', 'x'.repeat(300)])
      expect(await bench().run(['unmount', driver, `--volumename=${name}`])).toEqual(done);
  });
});

function problem(wayOut: unknown): unknown {
  return { message: 'Gone: db.', waysOut: [wayOut] };
}

describe('with another plugin, dvdcli', () => {
  const other = async (answers: Answers) => {
    const { folder, closing } = bench();
    mkdirSync(`${folder}/data`);
    return closing(await openOtherPlugin(`${folder}/plugins/other.sock`, answers));
  };
  const words = (verb: string, ...more: readonly string[]) => [verb, '--volumedriver=other', db, ...more];
  const failed = (status: number, Err: string) => ({ status, body: { Err } });

  /** Like plugins on go-plugins-helpers: every error is a 500, also that Create's volume already exists. */
  function plainPlugin(): Answers {
    const volumes = new Map<string, { mounts: number }>();
    return (method, { Name }) => {
      const volume = volumes.get(String(Name));
      if (method === 'Create') {
        if (volume) return failed(500, 'already exists');
        volumes.set(String(Name), { mounts: 0 });
        return {};
      }
      if (!volume) return failed(500, 'no such volume');
      if (method === 'Get') return { Volume: { Name } };
      if (method === 'Unmount' && volume.mounts === 0) return failed(500, 'not mounted');
      volume.mounts += method === 'Mount' ? 1 : -1;
      return { Mountpoint: `${bench().folder}/data` };
    };
  }

  test('never creates an existing volume, and accepts that another caller created it', async () => {
    const { calls } = await other(plainPlugin());
    const run = () => bench().run(words('mount', '--volumeopts=a=b'));
    expect((await Promise.all([run(), run()])).map(({ code }) => code)).toEqual([0, 0]);
    calls.length = 0;
    expect(await run()).toMatchObject({ code: 0, out: `${bench().folder}/data\n` });
    expect(calls).toEqual(['Get', 'Mount']);
  });

  test('reports a failed unmount of an existing volume, but not of an unknown one', async () => {
    await other(plainPlugin());
    expect(await bench().run(words('unmount'))).toEqual(done);
    await bench().run(words('create'));
    const ended = await bench().run(words('unmount'));
    expect(line(ended)).toBe('Volume db of driver other could not be unmounted: not mounted');
  });

  test.each([503, 504])('does not take a %i for "there is no such volume"', async (status) => {
    await other(() => failed(status, 'the storage does not answer'));
    expect(await bench().run(words('unmount'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('the storage does not answer'),
    });
  });

  test('names volume and driver if the plugin does not, in one line', async () => {
    await other((method) => (method === 'Get' ? {} : failed(500, 'it\n\tbroke\u001b[31m\u2028badly ')));
    const ended = await bench().run(words('mount'));
    expect(line(ended)).toBe('Volume db of driver other could not be created: it broke [31m badly');
  });

  test('reads Err of an answer with 200, and any body of one without', async () => {
    await other((method) => (method === 'Get' ? { Volume: { Name: 'db' } } : { Err: 'no disk' }));
    expect(line(await bench().run(words('mount')))).toContain('could not be mounted: no disk');
  });

  test.each<[string, unknown, string]>([
    ['nothing of it is usable', { waysOut: [{ act: 'create' }] }, 'No db.'],
    ['it is not an object', 'db', 'No db.'],
    [
      'an act is unknown',
      { message: 'Gone: db.', waysOut: [{ act: 'constructor', volume: 'db' }] },
      'Gone: db.',
    ],
    ['a name cannot be typed', problem({ act: 'remove', volume: '$(reboot)', driver: 'other' }), 'Gone: db.'],
    [
      'an ID looks like an option',
      problem({ act: 'undelete', volume: 'db', driver: 'x', id: '--all' }),
      'Gone: db.',
    ],
    ['a phrase has terminal control sequences', problem('wait\u001b[31m'), 'Gone: db. Wait [31m.'],
  ])('treats the Problem of an answer as outside data: %s', async (_, Problem, said) => {
    await other(() => ({ status: 404, body: { Err: 'No db.', Problem } }));
    expect(line(await bench().run(words('get')))).toBe(said);
  });

  test('asks for the path where Get does not have it', async () => {
    await other((method) => (method === 'Get' ? { Volume: { Name: 'db' } } : { Mountpoint: '/somewhere' }));
    expect(await bench().run(words('path'))).toEqual({ ...done, out: '/somewhere\n' });
  });

  test('quotes names that are not plain, and leaves out entries that are not volumes', async () => {
    const Volumes = [{ Name: 'a\nb' }, null, { Name: 'ü x' }, {}];
    await other(() => ({ Volumes }));
    expect(await bench().run(['list', '--volumedriver=other'])).toEqual({ ...done, out: '"a\\nb"\nü x\n' });
  });
});
