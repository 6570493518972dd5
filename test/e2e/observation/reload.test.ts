import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { type Answer, post } from '../../lab/network/unix-http.ts';
import { describeWith } from '../../lab/requirements.ts';
import { startAppender } from '../appender.ts';
import { inContainer } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';

interface Local {
  readonly backend: 'local';
  readonly settings: { readonly root: string; readonly trashRetention?: string };
  readonly defaults?: Readonly<Record<string, string>>;
}

const initial: Readonly<Record<string, Local>> = {
  gold: { backend: 'local', settings: { root: '/var/tmp/holdfast-reload/gold' } },
  iron: { backend: 'local', settings: { root: '/var/tmp/holdfast-reload/iron' } },
};

/** Milliseconds, below the 15 s that an engine waits for a socket that is not there. */
const engineWaits = 10_000;

describeWith(realEngine, 'a reload of the configuration, with containers that write all the time', () => {
  const machine = useMachine({
    drivers: initial,
    furnish: async (namespace) => {
      await namespace.run('mkdir', '-p', '/var/tmp/holdfast-reload');
      await namespace.run('mount', '-t', 'tmpfs', '-o', 'mode=0700', 'tmpfs', '/var/tmp/holdfast-reload');
    },
  });
  const configure = async (drivers: Readonly<Record<string, unknown>>): Promise<void> => {
    const file = `${machine().folder}/config.yaml`;
    await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), drivers }));
  };
  const reload = async () =>
    JSON.parse((await machine().holdfast.tryCommand('reload', '--json')).stdout || '{}');
  const call = (driver: string, method: string, body: object): Promise<Answer> =>
    post(machine().namespace.path(`/run/docker/plugins/${driver}.sock`), `/${method}`, body);
  const version = (n: number) => ({
    ...initial,
    gold: { ...initial.gold, settings: { root: initial.gold?.settings.root, trashRetention: `${n + 1}h` } },
    ...(n % 2 === 0 ? { tin: { backend: 'local', settings: { root: '/var/tmp/holdfast-reload/tin' } } } : {}),
  });

  test('touches no volume during 20 of them, of the driver that changes or of another', async () => {
    await machine().docker('volume', 'create', '--driver', 'gold', 'here');
    await machine().docker('volume', 'create', '--driver', 'iron', 'there');
    const changed = await startAppender(machine(), 'changed', 'here');
    const other = await startAppender(machine(), 'other', 'there');
    for (let n = 1; n <= 20; n += 1) {
      await configure(version(n));
      expect(await reload()).toMatchObject({
        changed: ['gold'],
        [n % 2 === 0 ? 'added' : 'removed']: n === 1 ? [] : ['tin'],
        refused: [],
      });
      const held = await call('gold', 'VolumeDriver.Get', { Name: 'here' });
      expect(held).toMatchObject({ status: 200, body: expect.stringContaining('"holders":1') });
    }
    await changed.appendsOn();
    await other.appendsOn();
    expect(await inContainer(machine(), ['here:/d'], 'test -s /d/lines && echo there')).toBe('there');
    expect([await changed.failed(), await other.failed()]).toEqual([[], []]);
    await configure(initial);
    expect(await reload()).toMatchObject({ refused: [] });
  });

  test('refuses to remove a driver whose volume a container has, and removes it afterwards', async () => {
    await machine().docker('volume', 'create', '--driver', 'iron', 'kept');
    const writer = await startAppender(machine(), 'writer', 'kept');
    await configure({ gold: initial.gold });
    const refused = await machine().holdfast.tryCommand('reload');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('its volume kept is mounted on this host. Stop their containers');
    await writer.appendsOn();
    expect(await writer.failed()).toEqual([]);
    await machine().docker('rm', '--force', 'writer');
    await machine().docker('volume', 'rm', 'kept');
    expect(await reload()).toMatchObject({ removed: ['iron'], refused: [] });
    await configure(initial);
    expect(await reload()).toMatchObject({ added: ['iron'] });
  });

  test('that removes a driver keeps no engine waiting that used it', async () => {
    const { docker } = machine();
    const removed = 'Driver iron was removed from the configuration of this daemon.';
    const listed = () => docker('volume', 'ls', '--quiet', '--filter', 'driver=iron');
    const isQuick = async () => {
      const began = performance.now();
      const names = await listed();
      expect(performance.now() - began).toBeLessThan(engineWaits);
      return names;
    };
    await docker('volume', 'create', '--driver', 'gold', 'another');
    await docker('volume', 'create', '--driver', 'iron', 'stays');
    expect(await isQuick()).toContain('stays');
    await configure({ gold: initial.gold });
    expect(await reload()).toMatchObject({ removed: ['iron'] });
    expect(await isQuick()).toBe('');
    const refused = () =>
      expect(docker('volume', 'create', '--driver', 'iron', 'more')).rejects.toThrow(removed);
    await refused();
    expect(await docker('volume', 'ls', '--quiet', '--filter', 'driver=gold')).toBe('another');
    await docker('volume', 'rm', 'another');
    await configure(initial);
    expect(await reload()).toMatchObject({ added: ['iron'] });
    expect(await isQuick()).toContain('stays');
    await docker('volume', 'rm', 'stays');
    await configure({ gold: initial.gold });
    expect(await reload()).toMatchObject({ removed: ['iron'] });
    await machine().engine.stop();
    await machine().engine.start();
    expect(await isQuick()).toBe('');
    await refused();
    await configure(initial);
    expect(await reload()).toMatchObject({ added: ['iron'] });
    await docker('volume', 'create', '--driver', 'iron', 'more');
    await docker('volume', 'rm', 'more');
  });

  test('that removes a driver leaves no socket to the next daemon, also if this one is killed', async () => {
    for (const end of ['stop', 'kill'] as const) {
      await configure({ gold: initial.gold });
      expect(await reload()).toMatchObject({ removed: ['iron'] });
      expect(await call('iron', 'Plugin.Activate', {})).toMatchObject({ status: 503 });
      await machine().holdfast[end]();
      await machine().holdfast.start();
      await expect(call('iron', 'Plugin.Activate', {})).rejects.toThrow(/ENOENT/);
      await configure(initial);
      expect(await reload()).toMatchObject({ added: ['iron'] });
    }
  });

  test('may be killed at any moment: the next start serves what the file says, and containers do not notice', async () => {
    await machine().docker('volume', 'create', '--driver', 'gold', 'steady');
    const writer = await startAppender(machine(), 'writer', 'steady');
    for (let n = 0; n < 8; n += 1) {
      await configure(version(n));
      const reloading = machine().holdfast.tryCommand('reload', '--json');
      await new Promise((resolve) => setTimeout(resolve, 300 + 60 * n));
      await machine().holdfast.kill();
      await reloading;
      await machine().holdfast.start();
      const held = await call('gold', 'VolumeDriver.Get', { Name: 'steady' });
      expect(held).toMatchObject({ status: 200, body: expect.stringContaining('"holders":1') });
      expect(await reload()).toMatchObject({ changed: [], refused: [] });
    }
    await writer.appendsOn();
    expect(await writer.failed()).toEqual([]);
    await machine().docker('rm', '--force', 'writer');
    await configure(initial);
    expect(await reload()).toMatchObject({ refused: [] });
  });
});
