import { expect, test } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, inspect, startContainer, startWriter } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

const liveRestore = { 'live-restore': true };

describeWith(realEngine, 'a volume in use', () => {
  // Short, because the reaper replaces the Unmounts that are lost when an engine dies.
  const machine = useMachine({ grace: '2s' });

  test('survives kill -9 of the engine, and is released after the engine has given up the container', async () => {
    const { engine, docker } = machine();
    await createVolume(machine(), 'orphaned');
    await startWriter(machine(), 'writer', 'orphaned');
    await engine.kill();
    expect(await machine().isMounted('orphaned')).toBe(true);
    await engine.start();
    expect(await inspect(machine(), 'writer', '.State.Running')).toBe('false');
    expect(await inContainer(machine(), ['orphaned:/d'], 'grep -c line /d/lines')).toMatch(/^[1-9]/);
    await docker('rm', 'writer');
    await isReleased(machine(), 'orphaned');
    await docker('volume', 'rm', 'orphaned');
  });

  test('is mounted again when the engine restarts the container after its kill -9', async () => {
    const { engine, docker } = machine();
    await createVolume(machine(), 'resumed');
    const writer = await startWriter(machine(), 'writer', 'resumed', '--restart=always');
    await engine.kill();
    await engine.start();
    await writer.writesOn();
    expect(await machine().isMounted('resumed')).toBe(true);
    await docker('stop', 'writer');
    await isReleased(machine(), 'resumed');
  });

  test('survives kill -9 of the engine and of Holdfast at once', async () => {
    const { engine, holdfast, docker } = machine();
    await createVolume(machine(), 'both');
    const writer = await startWriter(machine(), 'writer', 'both', '--restart=always');
    await Promise.all([engine.kill(), holdfast.kill()]);
    expect(await machine().isMounted('both')).toBe(true);
    await Promise.all([holdfast.start(), engine.start()]);
    await writer.writesOn();
    expect(await machine().isMounted('both')).toBe(true);
    await docker('stop', 'writer');
    await isReleased(machine(), 'both');
  });

  test('is released and mounted again by a restart of the engine', async () => {
    const { engine, docker } = machine();
    await createVolume(machine(), 'orderly');
    await startContainer(machine(), 'ends', ['orderly:/d']);
    const writer = await startWriter(machine(), 'returns', 'orderly', '--restart=always');
    await engine.stop();
    await isReleased(machine(), 'orderly');
    await engine.start();
    await writer.writesOn();
    expect(await inspect(machine(), 'ends', '.State.Running')).toBe('false');
    await docker('stop', 'returns');
    await isReleased(machine(), 'orderly');
  });
});

describeWith(realEngine, 'a volume under an engine with live-restore', () => {
  const machine = useMachine({ grace: '2s' });

  for (const [end, name] of [
    ['stop', 'a restart'],
    ['kill', 'kill -9 and the return'],
  ] as const) {
    test(`is written to without interruption during ${name} of the engine`, async () => {
      const { engine, docker } = machine();
      await engine.stop();
      await engine.start(liveRestore);
      await createVolume(machine(), end);
      const writer = await startWriter(machine(), 'writer', end);
      const pid = await writer.pid();
      await engine[end]();
      expect(await machine().isMounted(end)).toBe(true);
      await engine.start(liveRestore);
      expect(await writer.pid()).toBe(pid);
      await writer.writesOn();
      expect(await writer.failures()).toBe('');
      await docker('stop', 'writer');
      await isReleased(machine(), end);
    });
  }
});
