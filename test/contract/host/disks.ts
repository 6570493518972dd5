import { describe, expect, test } from '@jest/globals';
import type { FileSystem } from '../../../src/host/host.ts';
import type { Current } from './contract.ts';

const ext4: FileSystem = { type: 'ext4', options: [], access: 'read-write' };
const size = 16 << 20;

export function describeDisks(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const host = () => current().host;
  const mountDisk = (device: string, fileSystem = ext4) =>
    host().mounts.mountDisk(device, at('target'), fileSystem);

  async function attach(): Promise<string> {
    await host().files.makeDirectory(at('target'));
    return current().attachDisk(size);
  }

  async function attachFormatted(): Promise<string> {
    const device = await attach();
    const args = ['-q', '-F', device];
    const { exitCode } = await host().programs.run('mkfs.ext4', args, AbortSignal.timeout(100_000));
    expect(exitCode).toBe(0);
    return device;
  }

  describe('a block device', () => {
    test('has a number and the size of its disk', async () => {
      const device = await attach();
      expect(await host().files.facts(device)).toMatchObject({
        kind: 'block-device',
        size,
        number: expect.stringMatching(/^\d+:\d+$/),
      });
      expect(await host().files.facts(at('target'))).not.toHaveProperty('number');
    });
    test('is readable from any offset, up to its end', async () => {
      const device = await attachFormatted();
      const magic = await host().files.readBytes(device, 1024 + 56, 2);
      expect([...magic]).toEqual([0x53, 0xef]);
      expect(await host().files.readBytes(device, size - 3, 10)).toHaveLength(3);
    });
  });

  describe('a disk', () => {
    test('is mounted, and what is written to it stays on it', async () => {
      const device = await attachFormatted();
      await mountDisk(device);
      const { number } = (await host().files.facts(device)) ?? {};
      expect(await host().mounts.at(at('target'))).toMatchObject({ kind: 'mounted', device: number });
      await host().files.writeText(at('target/file'), 'kept', 'replace');
      await host().mounts.unmount(at('target'));
      expect(await host().files.list(at('target'))).toEqual([]);
      await mountDisk(device);
      expect(await host().files.readText(at('target/file'))).toBe('kept');
    });
    test('is also read, mounted and unmounted in a separate process', async () => {
      const device = await attachFormatted();
      const { files, mountDisk: mount, unmount } = host().remote('the disk of volume db');
      const signal = AbortSignal.timeout(100_000);
      expect([...(await files.readBytes(device, 1024 + 56, 2))]).toEqual([0x53, 0xef]);
      await mount(device, at('target'), ext4, signal);
      const { number } = (await host().files.facts(device)) ?? {};
      expect(await host().mounts.at(at('target'))).toMatchObject({ kind: 'mounted', device: number });
      await files.writeText(at('target/file'), 'kept', 'replace');
      expect(await host().files.readText(at('target/file'))).toBe('kept');
      await unmount(at('target'), signal);
      expect(await host().mounts.at(at('target'))).toEqual({ kind: 'bare' });
    });
    test('that is mounted twice shows the same file system', async () => {
      const device = await attachFormatted();
      await host().files.makeDirectory(at('other'));
      await mountDisk(device);
      await host().mounts.mountDisk(device, at('other'), ext4);
      expect(await host().mounts.at(at('other'))).toEqual(await host().mounts.at(at('target')));
    });
    test('is mounted read-only on request', async () => {
      await mountDisk(await attachFormatted(), { ...ext4, options: ['noatime'], access: 'read-only' });
      await expect(host().files.writeText(at('target/file'), '', 'replace')).rejects.toMatchObject({
        code: 'EROFS',
      });
    });
    test('that is blank, or a path that is not a disk, is not mounted', async () => {
      const device = await attach();
      await current().link(device, at('link'));
      await host().files.writeText(at('file'), '', 'replace');
      await expect(mountDisk(device)).rejects.toThrow();
      for (const [name, code] of [
        ['none', 'ENOENT'],
        ['link', 'ELOOP'],
        ['file', 'ENOTBLK'],
      ] as const) {
        await expect(mountDisk(at(name))).rejects.toMatchObject({ code });
      }
      expect(await host().mounts.at(at('target'))).toEqual({ kind: 'bare' });
    });
  });
}
