import { expect, test } from '@jest/globals';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { firstOf, isWhole } from '../../lab/jest/whole.ts';
import type { Verb } from '../../lab/mesos/agent.ts';
import { dvdcliOf, dvdcliWords } from '../../lab/mesos/dvdcli.ts';
import { describeWith } from '../../lab/requirements.ts';
import type { Finished } from '../../lab/run.ts';
import { type Appender, lines, startAppender } from '../appender.ts';
import { inContainer, startContainer } from '../containers.ts';
import { silently } from '../mesos/tasks.ts';
import { errorOf } from '../trouble.ts';
import { words } from '../use-machine.ts';
import { createVolume } from '../volumes.ts';
import { type NfsHost, nfsDriver, realNfsHosts, useNfsHosts } from './use-hosts.ts';

/** The volume name of each round: mostly the same one, once another. */
const turns = [
  ...Array<string>(isWhole ? 8 : 2).fill('turned'),
  'aside',
  ...Array<string>(isWhole ? 4 : 1).fill('turned'),
];

describeWith(realNfsHosts, 'two agents of one NFS server', () => {
  const drivers = { holdfast: nfsDriver('volumes'), old: nfsDriver('old', { version: '3' }) };
  const { host } = useNfsHosts({ hosts: 2, shares: ['volumes', 'old'], drivers });
  const hosts = () => [host(0), host(1)];

  test.each([
    ['4.2', 'holdfast'],
    ['3', 'old'],
  ])(
    'can use a volume on NFS %s at once that one of them created, and see the writes of both containers',
    async (version, driver) => {
      const name = `common-${driver}`;
      await host(0).docker('volume', 'create', `--driver=${driver}`, name);
      const seen = await host(1).docker('volume', 'inspect', '--format', '{{.Driver}} {{.Scope}}', name);
      expect(seen).toBe(`${driver} global`);
      expect(await listed(host(1))).toContain(name);
      await inContainer(host(0), [`${name}:/d`], 'echo from the first > /d/file');
      const answer = 'cat /d/file && echo from the second > /d/answer && grep -o " /d nfs.*" /proc/mounts';
      const said = await inContainer(host(1), [`${name}:/d`], answer);
      expect(said).toMatch(/^from the first\n/);
      expect(said).toContain(`vers=${version},`);
      expect(await inContainer(host(0), [`${name}:/d`], 'cat /d/answer')).toBe('from the second');
    },
  );

  // `host.guest.ts` of the backend shows the kernel's part in less time.
  if (isWhole) {
    test('unmount and remove a volume while a container has another one of the same export', async () => {
      await createVolume(host(0), 'busy');
      await createVolume(host(0), 'idle');
      await startContainer(host(0), 'user', ['busy:/d']);
      await inContainer(host(0), ['idle:/d'], 'touch /d/file');
      expect(await host(0).isMounted('idle')).toBe(false);
      await host(0).docker('volume', 'rm', 'idle');
      expect(await host(0).isMounted('busy')).toBe(true);
    });
  }

  test('mount a volume that was created elsewhere and is not in their list yet', async () => {
    await createVolume(host(0), 'unheard');
    expect(await inContainer(host(1), ['unheard:/d'], 'touch /d/file && ls /d')).toBe('file');
  });

  test('all lose a volume that one of them removed, and any of them brings it back with its data', async () => {
    await createVolume(host(0), 'regretted');
    await inContainer(host(1), ['regretted:/d'], 'echo dear > /d/file');
    await host(0).docker('volume', 'rm', 'regretted');
    const mounted = await host(1).holdfast.call('VolumeDriver.Mount', { Name: 'regretted', ID: 'late' });
    expect(JSON.parse(mounted.body).Err).toContain('regretted');
    await host(1).holdfast.command('volume', 'undelete', 'regretted');
    expect(await inContainer(host(0), ['regretted:/d'], 'cat /d/file')).toBe('dear');
  });

  test('create an empty volume with a name that the other host removed', async () => {
    await createVolume(host(0), 'again');
    await inContainer(host(1), ['again:/d'], 'touch /d/old');
    await host(0).docker('volume', 'rm', 'again');
    await host(1).holdfast.call('VolumeDriver.Create', { Name: 'again', Opts: {} });
    expect(await inContainer(host(1), ['again:/d'], 'ls /d')).toBe('');
  });

  test.each(
    firstOf([
      ['4.2', 'holdfast'],
      ['3', 'old'],
    ] as const),
  )(
    'create, mount and remove one name on NFS %s in turn, and find nothing of an earlier volume',
    async (_, driver) => {
      for (const [round, name] of turns.entries()) {
        const [one, two] = round % 2 === 0 ? hosts() : hosts().toReversed();
        if (!one || !two) throw new Error('there are two hosts');
        const call = async (each: NfsHost, method: string, more = {}) =>
          expect([round, method, errorOf(await each.call(driver, method, { Name: name, ...more }))]).toEqual([
            round,
            method,
            '',
          ]);
        await call(one, 'Create', { Opts: {} });
        await call(two, 'Mount', { ID: 'x' });
        const mountpoint = two.mountpoint(name, driver);
        expect(await two.guest.output('ls', [mountpoint])).toBe('');
        await two.guest.output('touch', [`${mountpoint}/of-${round}`]);
        await call(two, 'Unmount', { ID: 'x' });
        await call(two, 'Remove');
        // Without a pause, on the host that has just seen the previous volume.
        await call(two, 'Create', { Opts: {} });
        await call(one, 'Mount', { ID: 'x' });
        expect(await one.guest.output('ls', [one.mountpoint(name, driver)])).toBe('');
        await call(one, 'Unmount', { ID: 'x' });
        await call(one, 'Remove');
      }
      // Each host must know that they are gone; it would otherwise learn that from its next list, within five minutes.
      for (const each of hosts())
        for (const name of new Set(turns)) await each.call(driver, 'Remove', { Name: name });
    },
  );

  test('get the same volume if they create it at the same time', async () => {
    await Promise.all(hosts().map((each) => createVolume(each, 'same', 'mode=0711')));
    const ids = new Set<string>();
    for (const each of hosts()) {
      expect(await inContainer(each, ['same:/d'], 'echo here >> /d/file; stat -c %a /d')).toBe('711');
      ids.add(JSON.parse(await each.holdfast.command('volume', 'inspect', 'same', '--json')).id);
    }
    expect(ids.size).toBe(1);
    expect(await inContainer(host(0), ['same:/d'], 'grep -c here /d/file')).toBe('2');
  });

  test('with different options, one of two simultaneous creators wins, and the other gets the difference', async () => {
    // Docker cannot be used: it may find the volume first and use it as it is.
    const create = (uid: string, place: number) =>
      host(place).holdfast.call('VolumeDriver.Create', { Name: 'disputed', Opts: { uid } });
    const errors = (await Promise.all(['1001', '1002'].map(create))).map(errorOf);
    const winner = errors[0] === '' ? '1001' : '1002';
    const refusals = errors.filter((error) => error !== '');
    expect(refusals).toEqual([expect.stringMatching(/other options: .*uid.*100[12]/)]);
    for (const each of hosts())
      expect(await inContainer(each, ['disputed:/d'], 'stat -c %u /d')).toBe(winner);
  });

  // This must be the last test, because the first host stays off.
  test('read every acknowledged byte of a container or Mesos task whose host lost power', async () => {
    await startGuestTask(
      host(0),
      'task',
      'echo acknowledged > /mnt/lines && sync /mnt/lines && { sleep 1000 & }',
    );
    const drivers = ['holdfast', 'old'];
    const appenders: Appender[] = [];
    for (const driver of drivers) {
      await host(0).docker('volume', 'create', `--driver=${driver}`, `precious-${driver}`);
      await inContainer(host(1), [`precious-${driver}:/d`], 'ls /d');
      appenders.push(await startAppender(host(0), `writer-${driver}`, `precious-${driver}`));
    }
    for (const appender of appenders) await appender.appendsOn();
    await host(0).guest.powerOff();
    for (const [place, appender] of appenders.entries()) {
      const acknowledged = await appender.acknowledged();
      expect(acknowledged.length).toBeGreaterThan(3);
      const found = lines(await inContainer(host(1), [`precious-${drivers[place]}:/d`], 'cat /d/lines'));
      expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    }
    await startGuestTask(host(1), 'task', 'test "$(cat /mnt/lines)" = acknowledged');
    expect(await dvdcli(host(1), 'unmount', 'task')).toEqual(silently);
    expect(await host(1).isMounted('task')).toBe(false);
  });
});

async function dvdcli({ guest }: NfsHost, verb: Verb, name: string): Promise<Finished> {
  const program = dvdcliOf(await builtDaemon());
  return guest.run(process.execPath, [program, ...dvdcliWords(verb, { name, options: [] })]);
}

/** A task of a Mesos agent, whose volume is at /mnt in its own mount namespace; returns when its script is done. */
async function startGuestTask(host: NfsHost, name: string, script: string): Promise<void> {
  const mounted = await dvdcli(host, 'mount', name);
  expect(mounted).toEqual({ exitCode: 0, stdout: `${host.mountpoint(name)}\n`, stderr: '' });
  const shell = `mount --bind ${host.mountpoint(name)} /mnt && ${script}`;
  await host.guest.output('unshare', ['--mount', '--propagation', 'slave', 'sh', '-c', shell]);
}

async function listed({ docker }: NfsHost): Promise<readonly string[]> {
  return words(await docker('volume', 'ls', '--quiet'));
}
