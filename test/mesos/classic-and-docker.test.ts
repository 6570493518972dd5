import { describe, expect, test } from '@jest/globals';
import { driver, type FakeDaemon, openFakeDaemon } from '../dvdcli/fake-daemon.ts';
import { useBench } from '../dvdcli/run-here.ts';
import { callPlugin, type PluginAnswer } from '../fakes/plugin-client.ts';

const bench = useBench();
const db = '--volumename=db';

async function open(): Promise<FakeDaemon> {
  return bench().closing(await openFakeDaemon(bench().folder, ['db']));
}

function call(method: string, body?: object): Promise<PluginAnswer> {
  return callPlugin(`${bench().folder}/plugins/holdfast.sock`, method, body);
}

const volume = (method: string, more: object = {}) => call(`VolumeDriver.${method}`, { Name: 'db', ...more });

/** The requests of the classic dvdcli: each run is a new connection, and starts with Activate. */
async function classic(verb: 'mount' | 'unmount', options: object | null = {}): Promise<readonly number[]> {
  const statuses = [(await call('Plugin.Activate')).status];
  const got = await volume('Get');
  if (got.status !== 200 && verb === 'unmount') return [...statuses, got.status];
  if (got.status !== 200) statuses.push((await volume('Create', { Opts: options })).status);
  statuses.push((await volume(verb === 'mount' ? 'Mount' : 'Unmount')).status);
  return statuses;
}

describe('the classic dvdcli', () => {
  test('mounts without an ID, often, and unmounts once', async () => {
    const { isMounted, holders } = await open();
    expect(await classic('mount')).toEqual([200, 200, 200]);
    expect(await classic('mount')).toEqual([200, 200]);
    expect(await holders('db')).toEqual(['no-id']);
    expect(await classic('unmount')).toEqual([200, 200]);
    expect(await isMounted('db')).toBe(false);
  });

  test("and Holdfast's dvdcli are the same holder", async () => {
    const { isMounted } = await open();
    await classic('mount');
    await bench().run(['mount', driver, db]);
    expect(await classic('unmount')).toEqual([200, 200]);
    expect(await isMounted('db')).toBe(false);
  });

  test.each([[null], [{}], [{ mode: '0700' }]])(
    'creates an existing volume, because its Get failed once, with the options %j: nothing changes',
    async (Opts) => {
      await open();
      await volume('Create', { Opts: { mode: '0700' } });
      const before = (await volume('Get')).json;
      expect((await volume('Create', { Opts })).status).toBe(200);
      expect((await volume('Create', { Opts })).status).toBe(200);
      const { Status, ...rest } = Object(before).Volume;
      expect((await volume('Get')).json).toMatchObject({
        Volume: { ...rest, Status: { options: Status.options } },
      });
    },
  );

  test.each([{}, { ID: '' }, { ID: null }])('unmounts anything with %j', async (more) => {
    const { holders } = await open();
    expect((await volume('Unmount', more)).status).toBe(200);
    await volume('Create');
    expect((await volume('Unmount', more)).status).toBe(200);
    await volume('Mount', { ID: 'a' });
    expect((await volume('Unmount', more)).status).toBe(200);
    expect(await holders('db')).toEqual(['a']);
  });
});

describe('the Docker containerizer', () => {
  test('creates with Opts null, because driver_options are dropped, and mounts with an ID per container', async () => {
    const { holders, isMounted } = await open();
    expect((await volume('Create', { Opts: null })).status).toBe(200);
    for (const ID of ['a', 'b']) expect((await volume('Mount', { ID })).status).toBe(200);
    await volume('Unmount', { ID: 'a' });
    expect(await holders('db')).toEqual(['b']);
    await volume('Unmount', { ID: 'b' });
    expect(await isMounted('db')).toBe(false);
  });

  test.each([
    ['the Mesos task', ['', 'container']],
    ['the container', ['container', '']],
  ])('and the isolator share a volume: it stays when %s ends first', async (_, [first = '', second = '']) => {
    const { holders, isMounted } = await open();
    await bench().run(['mount', driver, db]);
    await volume('Mount', { ID: 'container' });
    const end = async (ID: string) => {
      if (ID === '')
        expect(await bench().run(['unmount', driver, db])).toEqual({ code: 0, out: '', err: '' });
      else await volume('Unmount', { ID });
    };
    await end(first);
    expect(await isMounted('db')).toBe(true);
    expect(await holders('db')).toEqual([second || 'no-id']);
    await end(second);
    expect(await isMounted('db')).toBe(false);
  });
});
