import { chmod } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtDaemon } from '../lab/built-daemon.ts';
import { importImages, withContent } from '../lab/images.ts';
import { createMachine, type Machine } from '../lab/machine.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, plain } from './containers.ts';
import { realEngine } from './use-machine.ts';
import { createVolume } from './volumes.ts';

const bootId = '/proc/sys/kernel/random/boot_id';

/**
 * Mounts files over the host's own ones in the namespace, so that the host's are not changed. A user namespace cannot mount
 * /proc while something covers a part of the host's /proc, so the lab's mounts there are moved.
 */
const furniture = [
  'echo daemon:100000:65536 > /run/ranges',
  'mount --bind /run/ranges /etc/subuid',
  'mount --bind /run/ranges /etc/subgid',
  `touch /run/boot-id && mount --bind ${bootId} /run/boot-id && umount ${bootId}`,
].join(' && ');

describeWith(realEngine, 'with --userns-remap', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await createMachine(await builtDaemon(), {
      furnish: async ({ run }) => {
        expect(await run('sh', '-c', furniture)).toMatchObject({ exitCode: 0 });
      },
    });
    // Users of the range need access to the engine's files.
    await chmod(machine.folder, 0o711);
    await machine.boot();
    await machine.engine.stop();
    await machine.engine.start({ 'userns-remap': 'daemon' });
    await importImages(machine.folder, machine.engine);
  });
  afterAll(() => machine.destroy());

  const look = "stat -c '%u:%g' /d; touch /d/new 2>&1";

  test('a fresh volume belongs to the user nobody in the container, which cannot write', async () => {
    await createVolume(machine, 'plain');
    const seen = await inContainer(machine, ['plain:/d'], `${look}; true`);
    expect(seen).toContain('65534:65534\n');
    expect(seen).toContain('Permission denied');
  });

  test("belongs to the container's root if created with the first ID of the range, or to another user with a later one", async () => {
    await createVolume(machine, 'root', 'uid=100000', 'gid=100000');
    expect(await inContainer(machine, ['root:/d'], look)).toBe('0:0');
    await createVolume(machine, 'user', 'uid=100999', 'gid=100999');
    expect(await inContainer(machine, ['user:/d'], look)).toBe('999:999');
  });

  test('belongs to the owner in the image if the image has the directory', async () => {
    await createVolume(machine, 'copied');
    const mount = ['-v', 'copied:/x', withContent];
    const seen = await machine.docker('run', '--rm', ...plain, ...mount, 'stat', '-c', '%u:%g', '/x');
    expect(seen).toBe('1234:4321');
  });

  test('with --userns=host, the IDs are those of the host', async () => {
    await createVolume(machine, 'hosts');
    const flags = ['run', '--rm', ...plain, '--userns=host', '-v', 'hosts:/d', 'busybox:test'];
    expect(await machine.docker(...flags, 'sh', '-c', look)).toBe('0:0');
  });
});
