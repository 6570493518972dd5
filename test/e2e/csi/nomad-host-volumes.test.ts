import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { project } from '../../docs/pages.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { mountpoints } from '../../lab/kernel-view.ts';
import { describeWith } from '../../lab/requirements.ts';
import { succeeded } from '../../lab/run.ts';
import { useLoneHost } from './use-lone-host.ts';

const needs = { root: true, programs: ['unshare', 'nsenter', 'mkfs.ext4'] } as const;
const id = '02eb1d8e-945e-50ee-7640-68b92f622870';

describeWith(needs, "Nomad's dynamic host volumes", () => {
  const host = useLoneHost();
  let plugin = '';

  /** A host on which `holdfast` is installed, and the plugin is in Nomad's directory, under the driver's name. */
  beforeAll(async () => {
    const { folder, namespace } = host();
    plugin = join(folder, 'nomad/plugins/holdfast');
    for (const name of ['bin', 'nomad/plugins', 'nomad/volumes'])
      await mkdir(join(folder, name), { recursive: true });
    await copyFile(join(project, 'deploy/nomad/host-volume-plugin'), plugin);
    const program = `${process.execPath} ${await builtDaemon()} "$group" "$verb" --socket ${folder}/admin.sock`;
    const command = `#!/bin/sh\ngroup=$1 verb=$2; shift 2\nexec ${program} "$@"\n`;
    await writeFile(join(folder, 'bin/holdfast'), command);
    for (const file of [plugin, join(folder, 'bin/holdfast')]) await chmod(file, 0o755);
    await succeeded('bind', await namespace.run('mount', '--bind', join(folder, 'bin'), '/usr/local/sbin'));
  });

  /** As Nomad 1.10 calls it (client/hostvolumemanager/host_volume_plugin.go): with these variables, and no others. */
  async function nomad(operation: string, parameters: object | null = null, more: object = {}) {
    const { folder, namespace } = host();
    const variables = {
      DHV_OPERATION: operation,
      DHV_VOLUMES_DIR: join(folder, 'nomad/volumes'),
      DHV_PLUGIN_DIR: join(folder, 'nomad/plugins'),
      DHV_NODE_POOL: 'default',
      DHV_NAMESPACE: 'default',
      DHV_VOLUME_NAME: 'pg',
      DHV_VOLUME_ID: id,
      DHV_CAPACITY_MIN_BYTES: '0',
      DHV_CAPACITY_MAX_BYTES: '0',
      DHV_NODE_ID: 'd87c86d7',
      DHV_PARAMETERS: JSON.stringify(parameters),
      ...more,
    };
    const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const { exitCode, stdout } = await namespace.run('env', '-i', ...set, plugin, operation);
    return { exitCode, answer: JSON.parse(stdout) };
  }
  const isMounted = async (path: string) =>
    (await mountpoints(`/proc/${host().namespace.pid()}/mountinfo`)).includes(path);
  const sh = (script: string) => host().namespace.run('sh', '-ec', script);

  test('are volumes of the driver by which the plugin is named, and go with their deletion', async () => {
    expect(await nomad('fingerprint')).toEqual({ exitCode: 0, answer: { version: '1.0.0' } });
    const size = { DHV_CAPACITY_MIN_BYTES: `${32 * 1024 ** 2}` };
    const wanted = { mode: '0700', uid: '999' };
    const { exitCode, answer } = await nomad('create', wanted, size);
    expect({ exitCode, bytes: answer.bytes }).toEqual({ exitCode: 0, bytes: 32 * 1024 ** 2 });
    expect(await isMounted(answer.path)).toBe(true);
    expect((await sh(`echo text > ${answer.path}/file; stat -c '%a %u' ${answer.path}`)).stdout).toBe(
      '700 999\n',
    );

    // A client that starts creates all of its volumes again, also after a reboot.
    await host().holdfast.command('volume', 'unmount', id);
    expect(await isMounted(answer.path)).toBe(false);
    for (const _ of ['a start', 'another'])
      expect(await nomad('create', wanted, size)).toEqual({ exitCode, answer });
    expect((await sh(`cat ${answer.path}/file`)).stdout).toBe('text\n');

    const created = { DHV_CREATED_PATH: answer.path };
    for (const _ of ['a deletion', 'the same again'])
      expect(await nomad('delete', wanted, created)).toEqual({ exitCode: 0, answer: {} });
    expect(await isMounted(answer.path)).toBe(false);
    expect(await host().holdfast.command('volume', 'ls', '-q')).toBe('');
    expect(await host().holdfast.command('volume', 'ls', '--removed')).toContain(id);
  });

  test('can be a volume that exists, which a deletion leaves alone', async () => {
    await host().holdfast.command('volume', 'create', 'shared');
    const { answer } = await nomad('create', { volume: 'shared' });
    expect(await isMounted(answer.path)).toBe(true);
    expect(answer.path).toMatch(/\/shared$/);
    await nomad('delete', { volume: 'shared' });
    expect(await isMounted(answer.path)).toBe(false);
    expect(await host().holdfast.command('volume', 'ls', '-q')).toBe('shared');
    const refused = await nomad('create', { volume: 'shared', mode: '0700' });
    expect(refused).toMatchObject({ exitCode: 1, answer: { error: expect.stringContaining('exists') } });
  });

  test('that cannot be made say why, and a deletion is refused while a container uses the data', async () => {
    expect(await nomad('create', { moode: '0700' })).toMatchObject({
      exitCode: 1,
      answer: { error: expect.stringMatching(/moode.*mode/) },
    });
    const { answer } = await nomad('create');
    const busy = sh(`cd ${answer.path}; exec sleep 3`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await nomad('delete')).toMatchObject({
      exitCode: 1,
      answer: { error: expect.stringContaining(id) },
    });
    await busy;
    expect((await nomad('delete')).exitCode).toBe(0);
    expect((await nomad('explode')).exitCode).toBe(1);
  });
});
