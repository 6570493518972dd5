import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { plain, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

/** Uses that are hard to see, and mounts that only look like uses. */
describeWith(realEngine, 'a volume in use', () => {
  const machine = useMachine({ grace: '2s' });
  /** Time for the reaper to drop holders without a visible use. */
  const afterGrace = () => sleep(6_000);

  /** Expects refused removals, even after the grace period, until the users have ended. */
  async function areKept(wordsOf: ReadonlyMap<string, string>): Promise<void> {
    await afterGrace();
    for (const [volume, words] of wordsOf) await isKept(volume, words);
  }

  async function isKept(volume: string, words: string): Promise<void> {
    const refused = await machine().holdfast.tryCommand('volume', 'rm', volume);
    expect(refused.stderr).toContain('in use');
    expect(refused.stderr).toContain(words);
    expect(refused.exitCode).not.toBe(0);
    expect(await machine().isMounted(volume)).toBe(true);
  }

  const mounts = () => `${machine().folder}/mounts`;
  const at = (volume: string) => machine().mountpoint(volume);
  const subpath = (volume: string) => [
    '--mount',
    `type=volume,src=${volume},dst=${at(volume)},volume-subpath=sub`,
  ];
  test.each([
    ['alone', 'alone', () => []],
    ['below a private copy of the mount root', 'private', () => ['-v', `${mounts()}:${mounts()}`]],
    ['below a copy that receives our unmounts', 'slave', () => ['-v', `${mounts()}:${mounts()}:rslave`]],
    ['below a copy that is our peer', 'peer', () => ['-v', `${mounts()}:${mounts()}:rshared`]],
  ])('is seen in a container that has it at our mountpoint: %s', async (_, name, more) => {
    await createVolume(machine(), name);
    const id = await startContainer(machine(), 'user', [`${name}:${at(name)}`], ...more());
    await areKept(new Map([[name, id.slice(0, 12)]]));
    await machine().docker('exec', 'user', 'sh', '-c', `echo alive > ${at(name)}/file`);
    await machine().docker('rm', '--force', 'user');
    await machine().docker('volume', 'rm', name);
  });

  test('is seen as a part of the volume at our mountpoint, and through --volumes-from', async () => {
    const { docker } = machine();
    for (const name of ['part', 'from']) await createVolume(machine(), name);
    await docker('run', '--rm', ...plain, '-v', 'part:/d', busybox, 'mkdir', '/d/sub');
    const part = await startContainer(machine(), 'part', [], ...subpath('part'));
    await docker('create', '--name', 'first', ...plain, '-v', `from:${at('from')}`, busybox, 'true');
    const from = await startContainer(machine(), 'second', [], '--volumes-from', 'first');
    await areKept(
      new Map([
        ['part', part.slice(0, 12)],
        ['from', from.slice(0, 12)],
      ]),
    );
    await docker('rm', '--force', 'part', 'second', 'first');
    await docker('volume', 'rm', 'part', 'from');
  });

  test('is seen in a container with a private copy of the directory around our mountpoint, but not with a copy that our unmount reaches', async () => {
    const { docker } = machine();
    for (const name of ['whole', 'heard']) await createVolume(machine(), name);
    await machine().holdfast.command('volume', 'mount', 'whole');
    const whole = await startContainer(machine(), 'copy', [`${mounts()}:/x`]);
    await machine().holdfast.command('volume', 'unmount', 'whole');
    await areKept(new Map([['whole', whole.slice(0, 12)]]));
    await docker('rm', '--force', 'copy');

    await machine().holdfast.command('volume', 'mount', 'heard');
    await startContainer(machine(), 'monitor', [`${mounts()}:/x:rslave`, '/:/host:rslave']);
    expect(await docker('exec', 'monitor', 'cat', '/proc/self/mountinfo')).toContain('/x/holdfast/heard ');
    await machine().holdfast.command('volume', 'unmount', 'heard');
    await isReleased(machine(), 'heard');
    expect(await docker('exec', 'monitor', 'cat', '/proc/self/mountinfo')).not.toContain('holdfast/heard ');
    await docker('rm', '--force', 'monitor');
    for (const name of ['whole', 'heard'])
      await machine().eventually(
        `${name} can be removed`,
        async () => (await machine().holdfast.tryCommand('volume', 'rm', name)).exitCode === 0,
      );
  });

  test("is seen on the host itself, held or not: outside of the mount root, in another driver's part of it, in no peer group", async () => {
    const { namespace, holdfast, docker } = machine();
    const places = [
      ['pub', '/mnt', 'shared'],
      ['deep', `${mounts()}/other/deep`, 'shared'],
      ['twin', `${mounts()}/holdfast/handmade`, 'shared'],
      ['lone', '/media', 'private'],
    ] as const;
    const words = new Map(places.map(([name, target]) => [name, `umount ${target}`]));
    const held = (verb: string) => (name: string) =>
      holdfast.call(`VolumeDriver.${verb}`, { Name: name, ID: 'somebody' });
    const mounted: string[] = [];
    try {
      for (const [name, target, propagation] of places) {
        await createVolume(machine(), name);
        await held('Mount')(name);
        await mkdir(target, { recursive: true });
        await namespace.run('mount', '--bind', at(name), target);
        mounted.push(target);
        await namespace.run('mount', `--make-${propagation}`, target);
      }
      await areKept(words);
      for (const name of words.keys()) await held('Unmount')(name);
      await areKept(words);
    } finally {
      for (const target of mounted) await namespace.run('umount', target);
    }
    await docker('volume', 'rm', ...words.keys());
  });

  test.each(['slave', 'private', 'shared', 'unchanged'])(
    'is not seen in a namespace that started as a copy of ours: %s',
    async (propagation) => {
      const { holdfast, docker } = machine();
      const name = `copied-${propagation}`;
      await createVolume(machine(), name);
      await holdfast.call('VolumeDriver.Mount', { Name: name, ID: 'somebody' });
      const unshared = `unshare --mount --propagation ${propagation} sh -c 'echo $$ && exec sleep 1000 >&- 2>&-' &`;
      const sleeper = await machine().namespace.run('sh', '-c', unshared);
      try {
        await holdfast.call('VolumeDriver.Unmount', { Name: name, ID: 'somebody' });
        await isReleased(machine(), name);
        await docker('volume', 'rm', name);
      } finally {
        process.kill(Number(sleeper.stdout), 'SIGKILL');
      }
    },
  );
});
