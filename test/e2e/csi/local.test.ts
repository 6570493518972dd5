import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type CsiClient, connectCsi, mountable, refusal } from '../../fakes/csi-client.ts';
import { mountpoints } from '../../lab/kernel-view.ts';
import { describeWith } from '../../lab/requirements.ts';
import { succeeded } from '../../lab/run.ts';
import { lackedByFiles, requireSanity, testWithSanity } from './csi-sanity.ts';
import { type LoneHost, useLoneHost } from './use-lone-host.ts';

const needs = { root: true, programs: ['unshare', 'nsenter', 'mkfs.ext4'] } as const;

describeWith(needs, 'csi-sanity over the local backend', () => {
  const host = useLoneHost();

  testWithSanity('fails in no case, and skips those that the documentation names', async () => {
    const { folder, socket, namespace } = host();
    const at = { run: namespace.run, readText: (path: string) => readFile(path, 'utf8') };
    const mutable = { noexec: 'true' };
    await requireSanity(at, { folder: `${folder}/sanity`, socket, mutable, lacking: lackedByFiles });
    expect(await mountedPaths(host(), 'sanity')).toEqual([]);
  });
});

describeWith(needs, 'an endpoint of the built daemon', () => {
  const host = useLoneHost();
  let client: CsiClient;
  const connect = () => connectCsi(host().socket);
  beforeEach(async () => {
    client = connect();
    await succeeded('mkdir', await host().namespace.run('mkdir', '-p', `${host().folder}/pods`));
    await client.call('CreateVolume', { name: 'db', volume_capabilities: [mountable] });
  });
  afterEach(() => client.close());
  const staged = () => ({
    volume_id: 'db',
    staging_target_path: `${host().folder}/staging`,
    volume_capability: mountable,
  });
  const at = (name: string, more: object = {}) => ({
    ...staged(),
    target_path: `${host().folder}/pods/${name}`,
    ...more,
  });
  const pods = () => mountedPaths(host(), 'pods');

  test('mounts for Docker and for pods at once, and refuses writes to a read-only mount', async () => {
    const { holdfast, namespace, folder } = host();
    const docker = { Name: 'db', ID: 'docker' };
    const { Mountpoint } = JSON.parse((await holdfast.call('VolumeDriver.Mount', docker)).body);
    await client.call('NodeStageVolume', staged());
    await client.call('NodePublishVolume', at('a'));
    await client.call('NodePublishVolume', at('b', { readonly: true }));
    const script = `echo one > ${Mountpoint}/file; cat ${folder}/pods/a/file ${folder}/pods/b/file; echo two >> ${folder}/pods/a/file; cat ${Mountpoint}/file`;
    expect((await namespace.run('sh', '-c', script)).stdout).toBe('one\none\none\ntwo\n');
    expect((await namespace.run('touch', `${folder}/pods/b/file`)).stderr).toContain('Read-only');
    expect(await holdfast.command('volume', 'inspect', 'db')).toContain(`${folder}/pods/a since`);

    const used = await holdfast.tryCommand('volume', 'rm', 'db');
    expect(used.stderr).toContain('end the workload');
    await holdfast.call('VolumeDriver.Unmount', docker);
    for (const name of ['a', 'b']) await client.call('NodeUnpublishVolume', at(name));
    await client.call('NodeUnstageVolume', staged());
    expect(await pods()).toEqual([]);
  });

  test('keeps published volumes if the daemon is killed, at any moment', async () => {
    const { holdfast } = host();
    for (const wait of [0, 2, 5, 15]) {
      await client.call('NodeStageVolume', staged());
      const publishing = refusal(client.call('NodePublishVolume', at('a')));
      await new Promise((resolve) => setTimeout(resolve, wait));
      await holdfast.kill();
      await publishing;
      client.close();
      client = await host().start();
      await client.call('NodePublishVolume', at('a'));
      expect(await pods()).toEqual([`${host().folder}/pods/a`]);
      const ending = refusal(client.call('NodeUnpublishVolume', at('a')));
      await new Promise((resolve) => setTimeout(resolve, wait));
      await holdfast.kill();
      await ending;
      client.close();
      client = await host().start();
      await client.call('NodeUnpublishVolume', at('a'));
      await client.call('NodeUnstageVolume', staged());
      expect(await pods()).toEqual([]);
    }
  });

  test('leaves a foreign mount alone, and does not unmount a path in which a process works', async () => {
    const { namespace, folder } = host();
    await succeeded(
      'tmpfs',
      await namespace.run('sh', '-ec', `mkdir -p ${folder}/pods/c; mount -t tmpfs none ${folder}/pods/c`),
    );
    expect(await refusal(client.call('NodePublishVolume', at('c')))).toContain('ALREADY_EXISTS');
    expect(await refusal(client.call('NodeUnpublishVolume', at('c')))).toBe('OK');
    expect(await pods()).toEqual([`${folder}/pods/c`]);
    await namespace.run('umount', `${folder}/pods/c`);
    await client.call('NodePublishVolume', at('c'));
    const busy = namespace.run('sh', '-c', `cd ${folder}/pods/c; sleep 2`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await refusal(client.call('NodeUnpublishVolume', at('c')))).toContain('FAILED_PRECONDITION');
    await busy;
    await client.call('NodeUnpublishVolume', at('c'));
    expect(await pods()).toEqual([]);
  });

  test('a symlink in place of the target is refused, and one above it is followed', async () => {
    const { namespace, folder } = host();
    const made = `mkdir -p ${folder}/elsewhere/real; ln -sfn ${folder}/elsewhere ${folder}/pods/linked; ln -sfn /etc ${folder}/elsewhere/etc`;
    await succeeded('links', await namespace.run('sh', '-ec', made));
    expect(await refusal(client.call('NodePublishVolume', at('linked/etc')))).toContain('is a symlink');
    await client.call('NodePublishVolume', at('linked/x'));
    expect(await mountedPaths(host(), 'elsewhere')).toEqual([`${folder}/elsewhere/x`]);
    await client.call('NodeUnpublishVolume', at('linked/x'));
    expect(await mountedPaths(host(), 'elsewhere')).toEqual([]);
  });
});

async function mountedPaths({ namespace, folder }: LoneHost, below: string): Promise<readonly string[]> {
  const all = await mountpoints(`/proc/${namespace.pid()}/mountinfo`);
  return all.filter((path) => path.startsWith(`${folder}/${below}/`));
}
