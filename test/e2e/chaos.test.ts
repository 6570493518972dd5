import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { busybox } from '../lab/images.ts';
import type { Machine } from '../lab/machine.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, plain, startWriter } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

const deaths = 8;

describeWith(realEngine, 'while Holdfast dies again and again', () => {
  const machine = useMachine({ grace: '2s' });

  test('containers come and go, and at the end nothing is lost and nothing is held', async () => {
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
      await isReleased(machine(), volume, 20_000);
      const kept = await inContainer(machine(), [`${volume}:/d`], 'touch /d/runs; cat /d/runs');
      expect(kept.split('\n')).toEqual(expect.arrayContaining([...(written[index] ?? [])]));
    }
  }, 120_000);
});

/** Runs one container after another that writes its number; returns those that ended well. */
async function comeAndGo(
  { engine }: Machine,
  volume: string,
  more: () => boolean,
): Promise<readonly string[]> {
  const written: string[] = [];
  for (let run = 1; more(); run += 1) {
    const script = `echo ${run} >> /d/runs && sync`;
    const flags = ['--rm', ...plain, '-v', `${volume}:/d`];
    const finished = await engine.tryDocker('run', ...flags, busybox, 'sh', '-c', script);
    if (finished.exitCode === 0) written.push(String(run));
  }
  return written;
}
