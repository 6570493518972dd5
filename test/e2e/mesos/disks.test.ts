import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { usualPatience } from '../../../src/dvdcli/driver-client.ts';
import { describeWith } from '../../lab/requirements.ts';
import { silently } from './tasks.ts';
import { useAgentHost } from './use-agent-host.ts';

interface Disk {
  readonly scalar: { readonly value: number };
  readonly disk: { readonly source: { readonly type: string } };
}

describeWith({ root: true, programs: ['nsenter', 'unshare', 'mkfs.ext4'] }, 'a host of an agent', () => {
  const host = useAgentHost();
  beforeAll(async () => {
    const { holdfast } = host();
    for (const name of ['one', 'two']) await holdfast.command('volume', 'create', name);
    await holdfast.command('volume', 'create', 'own', '-o', 'size=16MiB');
  });

  const disks = async (...words: readonly string[]): Promise<readonly Disk[]> =>
    JSON.parse(await host().holdfast.command('mesos', 'resources', ...words));
  const sizes = async (...words: readonly string[]) =>
    (await disks(...words)).map(({ scalar }) => scalar.value);

  test('offers only the space that it has, and nothing while nothing is mounted', async () => {
    const { holdfast } = host();
    const failed = await holdfast.tryCommand('mesos', 'resources');
    expect(failed).toMatchObject({ exitCode: 1, stdout: 'holdfast-mesos-resources-failed\n' });
    for (const name of ['one', 'two', 'own']) await holdfast.command('volume', 'mount', name);
    const [whole = 0] = await sizes('one');
    const [one = 0, own = 0, two = 0] = await sizes('one', 'own', 'two');
    expect(Math.abs(one + two - whole)).toBeLessThanOrEqual(2);
    expect(own).toBeLessThanOrEqual(16);
    expect((await disks('own')).map(({ disk }) => disk.source.type)).toEqual(['MOUNT']);
    const shared = await holdfast.tryCommand('mesos', 'resources', 'one', 'two', '--as', 'mount');
    expect(shared.stderr).toContain('a MOUNT disk needs a whole file system');
    const file = `${host().folder}/resources.json`;
    await holdfast.command('mesos', 'resources', '--output', file);
    expect(JSON.parse(await readFile(host().path(file), 'utf8'))).toHaveLength(3);
    for (const name of ['one', 'two', 'own']) await holdfast.command('volume', 'unmount', name);
  });

  test('unmounts at once for a mistyped driver, which mounted nothing, but not what is mounted', async () => {
    const { dvdcli } = host();
    const mistyped = (name: string) => ({ driver: 'holdfsat', name, options: [] });
    const began = performance.now();
    expect(await dvdcli('unmount', mistyped('db')).ended).toEqual(silently);
    expect(performance.now() - began).toBeLessThan(usualPatience.absent);
    expect((await dvdcli('mount', { name: 'one', options: [] }).ended).exitCode).toBe(0);
    expect((await dvdcli('unmount', mistyped('one')).ended).exitCode).toBe(1);
    expect(await host().mounted()).toEqual(['one']);
    expect(await dvdcli('unmount', { name: 'one', options: [] }).ended).toEqual(silently);
    expect(await host().mounted()).toEqual([]);
  });
});
