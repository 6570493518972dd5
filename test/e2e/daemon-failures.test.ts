import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, startContainer, startWriter } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'with a running container', () => {
  // Short, for the Unmount that is lost while Holdfast is away.
  const machine = useMachine({ grace: '2s' });

  for (const [end, name] of [
    ['kill', 'kill -9'],
    ['stop', 'a clean stop'],
  ] as const) {
    test(`${name} of Holdfast goes unnoticed, and after its return the container's stop releases the volume`, async () => {
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

  test('kill -9 of Holdfast leaves a volume with a size whole', async () => {
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

  test('a mount that somebody took away on the host is made again for the next container', async () => {
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

  test('an Unmount that nobody heard is made good after the grace period', async () => {
    const { holdfast, docker } = machine();
    await createVolume(machine(), 'unheard');
    await startContainer(machine(), 'user', ['unheard:/d']);
    await holdfast.kill();
    const stopping = docker('stop', 'user');
    // The engine repeats the call for 15 s; what it repeats has lost its body.
    await sleep(1_000);
    await holdfast.start();
    await stopping;
    await isReleased(machine(), 'unheard', 20_000);
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

  test('when it starts after the engine, which then starts the containers that are to run', async () => {
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

  test('again after it was away, without a restart of the engine', async () => {
    const { holdfast } = machine();
    await createVolume(machine(), 'before');
    await holdfast.stop();
    await holdfast.start();
    await inContainer(machine(), ['before:/d'], 'touch /d/file');
    expect(await machine().docker('volume', 'ls', '--quiet')).toBe('before');
  });
});
