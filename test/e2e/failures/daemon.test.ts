import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, startContainer, startWriter } from '../containers.ts';
import { errorOf } from '../trouble.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

describeWith(realEngine, 'with a running container', () => {
  // Short, because the reaper replaces the Unmount that is lost while Holdfast is down.
  const machine = useMachine({ grace: '2s' });

  for (const [end, name] of [
    ['kill', 'kill -9'],
    ['stop', 'a clean stop'],
  ] as const) {
    test(`${name} of Holdfast does not affect containers, and after its return the container's stop releases the volume`, async () => {
      const { holdfast, docker } = machine();
      await createVolume(machine(), end);
      const writer = await startWriter(machine(), 'writer', end);
      await holdfast[end]();
      await writer.writesOn();
      expect(await machine().isMounted(end)).toBe(true);
      await holdfast.start();
      await writer.writesOn();
      expect(await inContainer(machine(), [`${end}:/d`], 'grep -c line /d/lines')).toMatch(/^[1-9]/);
      expect(await machine().isMounted(end)).toBe(true);
      expect(await writer.failures()).toBe('');
      await docker('stop', 'writer');
      await isReleased(machine(), end);
    });
  }

  test('kill -9 of Holdfast leaves a volume with a size consistent', async () => {
    const { holdfast, docker } = machine();
    await createVolume(machine(), 'sized', 'size=32MiB');
    const writer = await startWriter(machine(), 'writer', 'sized');
    await holdfast.kill();
    await writer.writesOn();
    await holdfast.start();
    await writer.writesOn();
    expect(await writer.failures()).toBe('');
    await docker('stop', 'writer');
    await isReleased(machine(), 'sized');
    expect(await inContainer(machine(), ['sized:/d'], 'grep -c line /d/lines')).toMatch(/^[1-9]/);
  });

  test('a mount that was unmounted by hand is mounted again for the next container', async () => {
    await createVolume(machine(), 'robbed');
    const writer = await startWriter(machine(), 'writer', 'robbed');
    const robbery = await machine().namespace.run('umount', machine().mountpoint('robbed'));
    expect(robbery).toMatchObject({ exitCode: 0, stderr: '' });
    await writer.writesOn();
    expect(await inContainer(machine(), ['robbed:/d'], 'grep -c line /d/lines')).toMatch(/^[1-9]/);
    expect(await writer.failures()).toBe('');
    await machine().docker('stop', 'writer');
    await isReleased(machine(), 'robbed');
  });

  test('an Unmount while the disk of the ledger is full is answered, shown in Status, and recorded once there is space', async () => {
    const { holdfast, docker, namespace } = machine();
    const onHost = async (program: string, ...args: string[]) => {
      expect(await namespace.run(program, ...args)).toMatchObject({ exitCode: 0 });
    };
    const mount = async (id: string) =>
      errorOf(await holdfast.call('VolumeDriver.Mount', { Name: 'crowded', ID: id }));
    const unmount = async (id: string) =>
      errorOf(await holdfast.call('VolumeDriver.Unmount', { Name: 'crowded', ID: id }));
    await createVolume(machine(), 'crowded');
    await holdfast.stop();
    await onHost('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=0700', 'tmpfs', '/run/holdfast');
    try {
      await holdfast.start();
      expect(await mount('first')).toBe('');
      await namespace.run('dd', 'if=/dev/zero', 'of=/run/holdfast/filler', 'bs=4k');
      // The last block of the ledger still has space for some lines.
      let [held, refusal] = [0, ''];
      while (refusal === '' && held < 200) {
        refusal = await mount(`more-${held}`);
        if (refusal === '') held += 1;
      }
      expect(refusal).toMatch(/crowded.*ledger.*ENOSPC.*free some space/);
      for (const id of ['first', ...Array.from({ length: held }, (_, at) => `more-${at}`)])
        expect(await unmount(id)).toBe('');
      const pending = await docker(
        'volume',
        'inspect',
        '--format',
        '{{json .Status.unmountsPending}}',
        'crowded',
      );
      // Its last records were dropped first.
      expect(JSON.parse(pending).length).toBeGreaterThan(0);
      expect(await machine().isMounted('crowded')).toBe(true);
      await onHost('rm', '/run/holdfast/filler');
      await isReleased(machine(), 'crowded');
      expect(
        await docker('volume', 'inspect', '--format', '{{json .Status.unmountsPending}}', 'crowded'),
      ).toBe('null');
    } finally {
      await holdfast.stop();
      await namespace.run('umount', '/run/holdfast');
    }
  });

  test('after a lost Unmount, the volume is released after the grace period', async () => {
    const { holdfast, docker } = machine();
    await createVolume(machine(), 'unheard');
    await startContainer(machine(), 'user', ['unheard:/d']);
    await holdfast.kill();
    const stopping = docker('stop', 'user');
    // The engine retries the call for 15 s; the retries have an empty body.
    await sleep(1_000);
    await holdfast.start();
    await stopping;
    await isReleased(machine(), 'unheard');
    await docker('rm', 'user');
    await docker('volume', 'rm', 'unheard');
  });
});

describeWith(realEngine, 'the engine finds Holdfast', () => {
  const machine = useMachine();

  test('when its socket appears only after the first request', async () => {
    const { engine, holdfast } = machine();
    await engine.stop();
    await holdfast.stop();
    await engine.start();
    const creating = createVolume(machine(), 'early');
    await sleep(2_000);
    await holdfast.start();
    expect(await creating).toBe('early');
  });

  test('when it starts after the engine, which then starts containers with a restart policy', async () => {
    const { engine, holdfast, docker } = machine();
    await createVolume(machine(), 'late');
    const writer = await startWriter(machine(), 'service', 'late', '--restart=always');
    await engine.stop();
    await holdfast.stop();
    const starting = engine.start();
    await sleep(2_000);
    await holdfast.start();
    await starting;
    await writer.writesOn();
    await docker('stop', 'service');
    await isReleased(machine(), 'late');
  });

  test('again after a restart of Holdfast, without a restart of the engine', async () => {
    const { holdfast } = machine();
    await createVolume(machine(), 'before');
    await holdfast.stop();
    await holdfast.start();
    await inContainer(machine(), ['before:/d'], 'touch /d/file');
    expect(await machine().docker('volume', 'ls', '--quiet')).toBe('before');
  });
});
