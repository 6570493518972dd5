import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { busybox } from '../../lab/images.ts';
import type { Machine } from '../../lab/machine.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { inContainer, plain, startWriter } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

const deaths = 8;

describeWith(realEngine, 'while Holdfast dies again and again', () => {
  const machine = useMachine({ grace: '2s' });

  test('containers start and stop, and in the end nothing is lost and nothing is held', async () => {
    const volumes = ['shared', 'sized'];
    await createVolume(machine(), 'shared');
    await createVolume(machine(), 'sized', 'size=32MiB');
    const writer = await startWriter(machine(), 'writer', 'shared');
    let dying = true;
    const busy = volumes.map((volume) => comeAndGo(machine(), volume, () => dying));
    for (let death = 0; death < deaths; death += 1) {
      await sleep(100 + 150 * death);
      await machine().holdfast.kill();
      await machine().holdfast.start();
    }
    dying = false;
    const written = await Promise.all(busy);
    expect(await writer.failures()).toBe('');
    await writer.writesOn();
    await machine().docker('rm', '--force', 'writer');
    for (const [index, volume] of volumes.entries()) {
      await isReleased(machine(), volume);
      const kept = await inContainer(machine(), [`${volume}:/d`], 'touch /d/runs; cat /d/runs');
      const runs = expect.arrayContaining([...(written[index] ?? [])]);
      expect({ [volume]: kept.split('\n') }).toEqual({ [volume]: runs });
    }
  });
});

describeWith(realEngine, 'while the engine and Holdfast die in turn', () => {
  const machine = useMachine({ grace: '2s' });

  test('containers with a restart policy run again, and file systems stay consistent', async () => {
    const { engine, holdfast, docker, folder } = machine();
    await createVolume(machine(), 'image', 'size=32MiB');
    await createVolume(machine(), 'directory');
    const writers = [
      await startWriter(machine(), 'one', 'image', '--restart=always'),
      await startWriter(machine(), 'two', 'image', '--restart=always'),
      await startWriter(machine(), 'three', 'directory', '--restart=always'),
    ];
    for (const victims of [[engine], [holdfast], [engine, holdfast], [holdfast], [engine]]) {
      await Promise.all(victims.map((victim) => victim.kill()));
      await Promise.all(victims.map((victim) => victim.start()));
      for (const writer of writers) await writer.writesOn();
    }
    for (const writer of writers) expect(await writer.failures()).toBe('');
    await docker('rm', '--force', 'one', 'two', 'three');
    await isReleased(machine(), 'image');
    await isReleased(machine(), 'directory');
    const images = (await output('find', [`${folder}/volumes`, '-name', '*', '-size', '+16M'])).split('\n');
    expect(images).toHaveLength(1);
    await output('e2fsck', ['-fn', ...images]);
  });
});

/** Runs containers one after the other, each of which writes its number; returns those that succeeded. */
async function comeAndGo(
  { engine }: Machine,
  volume: string,
  more: () => boolean,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (let run = 1; more(); run += 1) {
    const script = `echo ${run} >> /d/runs && sync`;
    // Without the driver, the engine makes a volume of its own if it asks while Holdfast is dead.
    const flags = ['--rm', '--volume-driver=holdfast', ...plain, '-v', `${volume}:/d`];
    const finished = await engine.tryDocker('run', ...flags, busybox, 'sh', '-c', script);
    if (finished.exitCode === 0) written.push(String(run));
  }
  return written;
}
