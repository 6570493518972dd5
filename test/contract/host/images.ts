import { expect, test } from '@jest/globals';
import type { FileSystem } from '../../../src/host/host.ts';
import { eventually } from '../../lab/eventually.ts';
import type { Current } from './contract.ts';

const ext4: FileSystem = { type: 'ext4', options: [], access: 'read-write' };

export function describeImages(current: Current): void {
  const at = (name: string) => `${current().folder}/${name}`;
  const host = () => current().host;

  async function makeImage(name: string): Promise<void> {
    await host().files.createSparse(at(name), 16 << 20);
    const args = ['-q', '-F', at(name)];
    const { exitCode } = await host().programs.run('mkfs.ext4', args, AbortSignal.timeout(100_000));
    expect(exitCode).toBe(0);
  }

  test('an image is mounted, and what is written to it stays in it', async () => {
    await makeImage('image');
    await host().files.makeDirectory(at('target'));
    await host().mounts.mountImage(at('image'), at('target'), ext4);
    const mounted = await host().mounts.at(at('target'));
    expect(mounted).toMatchObject({ kind: 'mounted', device: expect.stringMatching(/^7:\d+$/) });
    await host().files.writeText(at('target/file'), 'kept', 'replace');
    await host().mounts.unmount(at('target'));
    expect(await host().files.list(at('target'))).toEqual([]);
    await host().mounts.mountImage(at('image'), at('target'), ext4);
    expect(await host().files.readText(at('target/file'))).toBe('kept');
  });
  test('unmounting detaches the loop device', async () => {
    await makeImage('image');
    await host().files.makeDirectory(at('target'));
    await host().mounts.mountImage(at('image'), at('target'), ext4);
    expect(await current().loopsOf(at('image'))).toBe(1);
    await host().mounts.unmount(at('target'));
    await eventually('its loop device is free', async () => (await current().loopsOf(at('image'))) === 0);
  });
  test('the loop device of an image is found by the name of its file, wherever that is', async () => {
    const name = `${host().newId()}.img`;
    await makeImage(name);
    await host().files.makeDirectory(at('target'));
    expect(await host().mounts.loopOf(name)).toBeUndefined();
    await host().mounts.mountImage(at(name), at('target'), ext4);
    expect(await host().mounts.loopOf(name)).toMatch(/^loop\d+$/);
    expect(await host().files.below(current().folder).hasNoWriter(at(name))).toBe(false);
    expect(await host().mounts.loopOf(`other-${name}`)).toBeUndefined();
    await host().mounts.unmount(at('target'));
    await eventually('no device has it', async () => (await host().mounts.loopOf(name)) === undefined);
  });
  test('one image has one loop device, for any number of mounts', async () => {
    await makeImage('image');
    for (const target of ['a', 'b', 'c', 'd']) await host().files.makeDirectory(at(target));
    await Promise.all(
      ['a', 'b', 'c'].map((target) => host().mounts.mountImage(at('image'), at(target), ext4)),
    );
    await host().mounts.mountImage(at('image'), at('d'), ext4);
    expect(await current().loopsOf(at('image'))).toBe(1);
    expect(await host().mounts.at(at('b'))).toEqual(await host().mounts.at(at('a')));
    await host().mounts.unmount(at('a'));
    expect(await current().loopsOf(at('image'))).toBe(1);
  });
  test('another image of the same name has a loop device of its own', async () => {
    for (const folder of ['one', 'two']) {
      await host().files.makeDirectory(at(folder));
      await makeImage(`${folder}/image`);
      await host().files.makeDirectory(at(`${folder}-target`));
      await host().mounts.mountImage(at(`${folder}/image`), at(`${folder}-target`), ext4);
    }
    await host().files.writeText(at('one-target/file'), '', 'replace');
    expect(await host().files.facts(at('two-target/file'))).toBeUndefined();
    expect(await current().loopsOf(at('two/image'))).toBe(1);
  });
  test('an image that cannot be mounted leaves no loop device', async () => {
    await host().files.createSparse(at('image'), 16 << 20);
    await host().files.makeDirectory(at('target'));
    await expect(host().mounts.mountImage(at('image'), at('target'), ext4)).rejects.toThrow();
    await expect(host().mounts.mountImage(at('none'), at('target'), ext4)).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await eventually('its loop device is free', async () => (await current().loopsOf(at('image'))) === 0);
    expect(await host().mounts.at(at('target'))).toEqual({ kind: 'bare' });
  });
  test('an image is mounted read-only on request', async () => {
    await makeImage('image');
    await host().files.makeDirectory(at('target'));
    const fileSystem: FileSystem = { type: 'ext4', options: ['noatime'], access: 'read-only' };
    await host().mounts.mountImage(at('image'), at('target'), fileSystem);
    await expect(host().files.writeText(at('target/file'), '', 'replace')).rejects.toMatchObject({
      code: 'EROFS',
    });
  });
  test('a mounted image is not removed with the tree around it', async () => {
    await makeImage('image');
    await host().files.makeDirectory(at('tree/target'));
    await host().mounts.mountImage(at('image'), at('tree/target'), ext4);
    await host().files.writeText(at('tree/target/file'), 'kept', 'replace');
    const removal = host().files.removeTree(at('tree'), AbortSignal.timeout(100_000));
    await expect(removal).rejects.toMatchObject({ code: 'EBUSY' });
    expect(await host().files.readText(at('tree/target/file'))).toBe('kept');
  });
}
