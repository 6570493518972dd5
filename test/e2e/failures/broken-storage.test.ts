import { readFile, truncate, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { busybox } from '../../lab/images.ts';
import type { Machine } from '../../lab/machine.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, plain } from '../containers.ts';
import { errorOf } from '../trouble.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

describeWith(realEngine, 'a record that was cut to nothing', () => {
  const machine = useMachine();
  const recordOf = (name: string) => `${machine().folder}/volumes/.holdfast/registry/${name}.json`;

  for (const cache of ['with', 'without'] as const) {
    test(`keeps its name for the engine, ${cache} a cache, so that the engine creates no empty volume`, async () => {
      const { holdfast, docker, engine } = machine();
      const name = `cut-${cache}`;
      await createVolume(machine(), name);
      await inContainer(machine(), [`${name}:/d`], 'echo precious > /d/file');
      await isReleased(machine(), name);
      const text = await readFile(recordOf(name), 'utf8');
      await holdfast.stop();
      await truncate(recordOf(name), 0);
      if (cache === 'without') await truncate(`${machine().folder}/state/holdfast/catalog.jsonl`, 0);
      await machine().engine.stop();
      await holdfast.start();
      await machine().engine.start();
      expect(await docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).toBe(`holdfast ${name}`);
      // With a cache, the first list is made one second after the start.
      await machine().eventually('the reason is shown', async () => {
        const status = await docker('volume', 'inspect', '--format', '{{json .Status}}', name);
        return /cannot be read.*untouched.*registry/.test(JSON.parse(status).unreadable ?? '');
      });
      expect(await holdfast.command('volume', 'inspect', name)).toMatch(/Unreadable +The record of volume/);
      const run = await engine.tryDocker('run', '--rm', ...plain, '-v', `${name}:/d`, busybox, 'ls', '/d');
      expect(run.exitCode).not.toBe(0);
      expect(run.stderr).toMatch(/cannot be read/);
      const removal = await holdfast.call('VolumeDriver.Remove', { Name: name });
      expect(errorOf(removal)).toMatch(/cannot be read.*move the file away/);
      const creation = await holdfast.call('VolumeDriver.Create', { Name: name, Opts: {} });
      expect(errorOf(creation)).toMatch(/cannot be read/);
      expect(await docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).toBe(`holdfast ${name}`);
      await writeFile(recordOf(name), text);
      expect(await inContainer(machine(), [`${name}:/d`], 'cat /d/file')).toBe('precious');
    });
  }
});

describeWith(realEngine, 'a disk that is full', () => {
  const machine = useMachine({
    drivers: {
      holdfast: { backend: 'local', settings: { root: '/mnt/volumes' } },
      frugal: { backend: 'local', settings: { root: '/mnt/frugal', onRemove: 'delete' } },
    },
    furnish: async (namespace) => {
      const { exitCode, stderr } = await namespace.run(
        'mount',
        '-t',
        'tmpfs',
        '-o',
        'size=4m,nr_inodes=300',
        'none',
        '/mnt',
      );
      if (exitCode !== 0) throw new Error(stderr);
    },
  });

  for (const [what, script] of [
    [
      'bytes',
      'dd if=/dev/zero of=/d/large bs=1M 2> /dev/null; while echo x > /d/x$i 2> /dev/null; do i=x$i; done',
    ],
    ['inodes', 'i=0; while touch /d/$i 2> /dev/null; do i=$((i + 1)); done'],
  ] as const) {
    test(`of ${what} is freed by docker volume rm with onRemove: delete`, async () => {
      const { docker } = machine();
      await docker('volume', 'create', '--driver=frugal', 'filled');
      await fill(machine(), 'filled', script);
      await docker('volume', 'rm', 'filled');
      expect((await machine().namespace.run('ls', '-A', '/mnt/frugal')).stdout).toBe('.holdfast\n');
      await createVolume(machine(), 'next');
      await docker('volume', 'rm', 'next');
    });
    test(`of ${what} does not prevent a removal into the trash, which can be undone`, async () => {
      const { docker, holdfast } = machine();
      const name = `kept-${what}`;
      await createVolume(machine(), name);
      await inContainer(machine(), [`${name}:/d`], 'echo precious > /d/file');
      await docker('volume', 'create', '--driver=frugal', 'ballast');
      await fill(machine(), 'ballast', script);
      await docker('volume', 'rm', name);
      expect(await docker('volume', 'ls', '--quiet')).toBe('ballast');
      expect(await holdfast.command('volume', 'ls', '--removed', '--driver', 'holdfast')).toContain(name);
      await docker('volume', 'rm', 'ballast');
      await holdfast.command('volume', 'undelete', '--driver', 'holdfast', name);
      expect(await inContainer(machine(), [`${name}:/d`], 'cat /d/file')).toBe('precious');
    });
  }
});

/** The container writes until no space is left; the disk stays full after its end. */
async function fill(machine: Machine, volume: string, script: string): Promise<void> {
  await inContainer(machine, [`${volume}:/d`], `${script}; true`);
}
