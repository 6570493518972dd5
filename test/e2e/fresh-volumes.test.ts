import { expect, test } from '@jest/globals';
import { withContent } from '../lab/images.ts';
import type { Machine } from '../lab/machine.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, plain } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'a fresh volume', () => {
  const machine = useMachine();

  for (const [kind, options] of [
    ['without a size', []],
    ['with a size', ['size=32MiB']],
  ] as const) {
    test(`${kind} is empty`, async () => {
      await createVolume(machine(), 'empty', ...options);
      expect(await inContainer(machine(), ['empty:/d'], 'ls -A /d')).toBe('');
    });

    test(`${kind} gets the image's content at the mountpoint, with its owner, only once`, async () => {
      await createVolume(machine(), 'filled', ...options);
      const script = "cat /x/hello /x/deep/there; stat -c '%u:%g' /x /x/hello; rm /x/hello";
      const seen = await inContentContainer(machine(), 'filled', script);
      expect(seen.split('\n')).toEqual(['from the image', 'deep in the image', '1234:4321', '1234:4321']);
      await isReleased(machine(), 'filled');
      expect(await inContentContainer(machine(), 'filled', 'ls /x')).toBe('deep');
    });
  }

  test.each([
    ['/x', '1234:4321 755'],
    ['/empty', '1234:4321 750'],
  ])('gets the owner and the mode of %s in the image, in place of its own', async (place, expected) => {
    await createVolume(machine(), 'owned', 'uid=7', 'gid=8', 'mode=0700');
    const look = [
      'run',
      '--rm',
      ...plain,
      '-v',
      `owned:${place}`,
      withContent,
      'stat',
      '-c',
      '%u:%g %a',
      place,
    ];
    expect(await machine().docker(...look)).toBe(expected);
  });

  test('keeps its owner and mode if the image has nothing there, or with `nocopy`', async () => {
    await createVolume(machine(), 'owned', 'uid=7', 'gid=8', 'mode=0700');
    expect(await inContainer(machine(), ['owned:/d'], "stat -c '%u:%g %a' /d")).toBe('7:8 700');
    const mount = ['-v', 'owned:/empty:nocopy'];
    const look = ['run', '--rm', ...plain, ...mount, withContent, 'stat', '-c', '%u:%g %a', '/empty'];
    expect(await machine().docker(...look)).toBe('7:8 700');
  });

  test('with a size accepts no more data than that, and keeps what was written', async () => {
    const { engine } = machine();
    await createVolume(machine(), 'small', 'size=16MiB');
    await inContainer(machine(), ['small:/d'], 'echo precious > /d/file; sync');
    const fill = 'dd if=/dev/zero of=/d/big bs=1M count=64';
    const full = await engine.tryDocker(
      'run',
      '--rm',
      ...plain,
      '-v',
      'small:/d',
      withContent,
      'sh',
      '-c',
      fill,
    );
    expect(full.exitCode).not.toBe(0);
    expect(full.stderr).toContain('No space left on device');
    expect(await inContainer(machine(), ['small:/d'], 'rm /d/big; cat /d/file')).toBe('precious');
  });
});

function inContentContainer({ docker }: Machine, volume: string, script: string): Promise<string> {
  return docker('run', '--rm', ...plain, '-v', `${volume}:/x`, withContent, 'sh', '-c', script);
}
