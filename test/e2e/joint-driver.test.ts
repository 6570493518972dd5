import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume } from './volumes.ts';

const member = (name: string) => ({ backend: 'local', settings: { root: `/run/volumes-${name}` } });

describeWith(realEngine, 'one driver name over two drivers, on a real engine', () => {
  const machine = useMachine({
    drivers: {
      holdfast: {
        members: ['gold', 'shared'],
        rules: [{ match: 'db-*', member: 'gold' }],
        default: 'shared',
      },
      gold: member('gold'),
      shared: member('shared'),
    },
  });
  const memberOf = (volume: string) =>
    machine().docker('volume', 'inspect', '--format', '{{.Status.member}}', volume);
  const mountpointOf = (volume: string) =>
    machine().docker('volume', 'inspect', '--format', '{{.Mountpoint}}', volume);

  test('creates volumes by rule, default and option, and containers use all of them by the joint name', async () => {
    await createVolume(machine(), 'chosen', 'member=gold');
    const mounts = ['db-1:/db', 'web:/web', 'chosen:/chosen'];
    const volumes = mounts.flatMap((mount) => ['-v', mount]);
    await startContainer(machine(), 'task', [], '--volume-driver=holdfast', ...volumes);
    await machine().docker('exec', 'task', 'sh', '-c', 'for d in db web chosen; do echo $d > /$d/file; done');
    expect(await Promise.all(['db-1', 'web', 'chosen'].map(memberOf))).toEqual(['gold', 'shared', 'gold']);
    await machine().docker('rm', '--force', 'task');
    expect(await inContainer(machine(), mounts, 'cat /db/file /web/file /chosen/file')).toBe(
      'db\nweb\nchosen',
    );
  });

  test('uses the mount of the member, which both names can hold at once', async () => {
    await createVolume(machine(), 'db-2');
    await startContainer(machine(), 'task', ['db-2:/d']);
    expect(await mountpointOf('db-2')).toBe(`${machine().folder}/mounts/gold/db-2`);
    const held = await machine().holdfast.command('volume', 'mount', 'db-2', '--json');
    expect(JSON.parse(held)).toMatchObject({ driver: 'gold', mountpoint: await mountpointOf('db-2') });
    await machine().docker('stop', 'task');
    expect((await machine().holdfast.tryCommand('volume', 'rm', 'db-2')).exitCode).toBe(1);
    await machine().holdfast.command('volume', 'unmount', 'db-2');
  });

  test('lists each volume once: in the engine by the joint name, in the command by its member', async () => {
    await createVolume(machine(), 'db-3');
    expect(await machine().docker('volume', 'ls', '--filter', 'driver=holdfast', '--quiet')).toBe('db-3');
    const listed = JSON.parse(await machine().holdfast.command('volume', 'ls', '--json'));
    expect(listed).toMatchObject({ volumes: [{ driver: 'gold', name: 'db-3' }] });
    const jointly = JSON.parse(
      await machine().holdfast.command('volume', 'ls', '--driver', 'holdfast', '--json'),
    );
    expect(jointly).toMatchObject({ volumes: [{ driver: 'holdfast', name: 'db-3' }] });
  });

  test('is one of several names, and the engine knows a volume by one of them until it removes it', async () => {
    const { docker, engine, holdfast } = machine();
    await docker('volume', 'create', '--driver', 'gold', 'met');
    await inContainer(machine(), ['met:/d'], 'echo kept > /d/file');
    const refused = await engine.tryDocker('volume', 'create', '--driver', 'holdfast', 'met');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/driver 'gold' already has volume 'met'.*volume name must be unique/);
    // The way out in docs/reference/joint-drivers.md.
    await docker('volume', 'rm', 'met');
    await holdfast.command('volume', 'undelete', '--driver', 'gold', 'met');
    await docker('volume', 'create', '--driver', 'holdfast', 'met');
    expect(await inContainer(machine(), ['met:/d'], 'cat /d/file')).toBe('kept');
  });
});
