import { expect, test } from '@jest/globals';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, plain, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { callsFor, createVolume, isReleased } from './volumes.ts';

// The counts are those that moby's own tests expect (docs/design/protocol-rules.md#on-the-wire).
describeWith(realEngine, 'the engine calls the plugin', () => {
  const machine = useMachine();

  test('once for each step of a named volume, and never for its path', async () => {
    await createVolume(machine(), 'named');
    await inContainer(machine(), ['named:/d'], 'true');
    await machine().docker('volume', 'rm', 'named');
    expect(await callsFor(machine(), 'named')).toEqual({ Create: 1, Mount: 1, Unmount: 1, Remove: 1 });
  });

  test('once for each step of an anonymous volume', async () => {
    const { docker } = machine();
    const anonymous = ['--volume-driver=holdfast', '-v', '/d'];
    await docker('run', '--detach', '--name', 'host', ...plain, ...anonymous, busybox, 'true');
    const name = await docker('volume', 'ls', '--quiet');
    await docker('wait', 'host');
    await docker('rm', '--volumes', 'host');
    expect(await callsFor(machine(), name)).toEqual({ Create: 1, Mount: 1, Unmount: 1, Remove: 1 });
  });

  test('twice to mount and twice to unmount if a second container uses the volumes of the first', async () => {
    const { docker } = machine();
    await createVolume(machine(), 'lent');
    await startContainer(machine(), 'owner', ['lent:/d']);
    await docker('run', '--rm', ...plain, '--volumes-from=owner', busybox, 'touch', '/d/file');
    await docker('stop', 'owner');
    await isReleased(machine(), 'lent');
    expect(await callsFor(machine(), 'lent')).toEqual({ Create: 1, Mount: 2, Unmount: 2 });
  });

  test('once for a list', async () => {
    const lists = async () =>
      (await machine().holdfast.calls()).filter((call) => call.method === 'VolumeDriver.List').length;
    const before = await lists();
    await machine().docker('volume', 'ls');
    expect(await lists()).toBe(before + 1);
  });
});
