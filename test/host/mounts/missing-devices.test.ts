import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { alone } from '../../lab/namespace.ts';
import { describeWith } from '../../lab/requirements.ts';
import { output } from '../../lab/run.ts';
import { type CompiledHost, compileHost } from '../compiled-host.ts';

const needs = {
  root: true,
  programs: ['unshare', 'mkfs.ext4', 'mknod'],
  paths: ['/dev/loop-control'],
} as const;

describeWith(needs, 'an image or disk that cannot be mounted', () => {
  let host: CompiledHost;
  let folder: string;
  beforeAll(() => {
    host = compileHost();
  });
  afterAll(() => host.remove());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-host-'));
    mkdirSync(join(folder, 'at'));
    await output('truncate', ['--size=8M', join(folder, 'image')]);
    await output('mkfs.ext4', ['-q', join(folder, 'image')]);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The error of mounting the image in a mount namespace that was changed by a script before. */
  async function mounting(mode: string, script: string, type = 'ext4'): Promise<string> {
    const program = `
      import { linuxParts } from ${JSON.stringify(host.url('linux-parts').href)};
      import { systemCallMounts } from ${JSON.stringify(host.url('mounts/system-call-mounts').href)};
      const { calls, spawned, readTable } = await linuxParts({ systemCalls: '${mode}' });
      const mounts = calls ? systemCallMounts(calls, spawned, readTable) : spawned;
      const fileSystem = { type: '${type}', options: [], access: 'read-write' };
      const done = mounts.mountImage('${folder}/image', '${folder}/at', fileSystem);
      await done.then(() => console.log('mounted'), ({ name, message }) => console.log(name, message));`;
    const words = [process.execPath, '--input-type=module', '-e', program];
    return output('unshare', [...alone, 'sh', '-ec', `${script}; exec "$@"`, 'sh', ...words]);
  }
  const otherDevices = (options: string, more = ':') =>
    `mount -t tmpfs -o ${options} none /dev; mknod /dev/null c 1 3; ${more}`;

  describe.each(['auto', 'spawned'])('by system calls: %s', (mode) => {
    test('is mounted if all is there', async () => {
      expect(await mounting(mode, ':')).toBe('mounted');
    });
    test('for lack of loop devices names them, and what a host, a container and a managed plugin need', async () => {
      const said = await mounting(mode, otherDevices('mode=755'));
      expect(said).toMatch(
        /^VolumeError \/dev\/loop-control is missing.*: on the host, load it with `modprobe loop`; a container needs \/dev and all devices of the host, and a managed plugin the variant that asks for them, or make the volume without a size\.$/,
      );
    });
    test('for a file system that the kernel does not have names it', async () => {
      // mount(8) would take the type that it finds on a disk for one that it does not know.
      const blank = `head -c 8M /dev/zero > ${folder}/image`;
      expect(await mounting(mode, blank, 'nosuchfs')).toMatch(
        /^VolumeError the kernel has no file system nosuchfs: load it with `modprobe nosuchfs`/,
      );
    });
  });

  test('because the kernel has no driver behind the name says the same as without the name', async () => {
    const said = await mounting('auto', otherDevices('mode=755', 'mknod /dev/loop-control c 10 254'));
    expect(said).toMatch(/^VolumeError \/dev\/loop-control is missing \(E(NODEV|NXIO): /);
  });
  test('because the devices are closed to this process says so', async () => {
    const said = await mounting('auto', otherDevices('nodev', 'mknod /dev/loop-control c 10 237'));
    expect(said).toMatch(
      /^VolumeError \/dev\/loop-control may not be opened \(EACCES: .*a container needs \/dev/,
    );
  });
});
