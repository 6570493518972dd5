import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { fencesOf, readPage } from '../docs/pages.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { busybox, withContent } from '../lab/images.ts';
import { createPodmanHost, type PodmanHost } from '../lab/podman-host.ts';
import { describeWith } from '../lab/requirements.ts';

/** The configuration in the page. */
const documented = fencesOf(readPage('docs/orchestrators/podman.md')).find(
  ({ language }) => language === 'ini',
)?.text;
/** The same without the timeout: Podman uses its default. */
const hastily = (documented ?? '').replace(/^volume_plugin_timeout.*$/m, '');

const realPodman = { root: true, programs: ['podman', 'crun', 'conmon', 'busybox'] } as const;

describeWith(realPodman, 'Podman', () => {
  let host: PodmanHost;
  beforeAll(async () => {
    host = await createPodmanHost(await builtDaemon(), hastily);
  });
  afterEach(async () => {
    await host.podman('rm', '--all', '--force', '--time=0');
    await host.tryPodman('volume', 'reload');
    await host.podman('volume', 'rm', '--all', '--force');
  });
  afterAll(async () => {
    expect(await host.destroy()).toEqual([]);
  });

  const create = (name: string, ...flags: readonly string[]) =>
    host.podman('volume', 'create', '--driver', 'holdfast', ...flags, name);
  const createWith = (option: string) =>
    ['volume', 'create', '--driver', 'holdfast', '-o', option, 'refused'] as const;
  const inContainer = (volume: string, ...command: readonly string[]) =>
    host.podman('run', '--rm', '-v', `${volume}:/d`, busybox, ...command);
  const start = (name: string, volume: string) =>
    host.podman('run', '--detach', '--name', name, '-v', `${volume}:/d`, busybox, 'sleep', '100000');
  const listed = async () => (await host.podman('volume', 'ls', '--quiet')).split('\n').sort();
  /** A call by another host, or another engine of this host. */
  const elsewhere = async (verb: 'Create' | 'Remove', name: string) => {
    expect((await host.holdfast.call(`VolumeDriver.${verb}`, { Name: name })).status).toBe(200);
  };
  /** Holdfast does not answer while `act` runs. */
  const whileSilent = async (act: () => Promise<unknown>) => {
    const pid = host.holdfast.service.pid();
    if (pid === undefined) throw new Error('Holdfast does not run.');
    process.kill(pid, 'SIGSTOP');
    await act().finally(() => process.kill(pid, 'SIGCONT'));
  };
  /** Holdfast does not answer for this many milliseconds. */
  const silentFor = (span: number) => whileSilent(() => sleep(span));

  test('creates, uses and removes volumes', async () => {
    await create('db', '-o', 'size=16MiB', '-o', 'o=uid=999,mode=0700');
    await inContainer('db', 'sh', '-c', 'echo kept > /d/file');
    expect(await inContainer('db', 'sh', '-c', "cat /d/file; stat -c '%u %a' /d")).toBe('kept\n999 700');
    expect(await listed()).toEqual(['db']);
    expect(await host.podman('volume', 'inspect', '--format', '{{.Driver}}', 'db')).toBe('holdfast');
    await host.podman('volume', 'rm', 'db');
    expect(await host.holdfast.command('volume', 'ls', '--json')).not.toContain('"db"');
  });

  test('cannot name a driver in `run`, and creates its own volume for an unknown name', async () => {
    const refused = await host.tryPodman('run', '--rm', '--volume-driver=holdfast', '-v', 'x:/d', busybox);
    expect(refused.stderr).toContain('unknown flag: --volume-driver');
    const mount = 'type=volume,src=x,dst=/d,volume-driver=holdfast';
    const mounted = await host.tryPodman('run', '--rm', '--mount', mount, busybox);
    expect(mounted.stderr).toContain('volume-driver: invalid mount option');
    await elsewhere('Create', 'known');
    await inContainer('known', 'true');
    expect(await host.podman('volume', 'inspect', '--format', '{{.Driver}}', 'known')).toBe('local');
    await elsewhere('Remove', 'known');
  });

  test('has its containers named where its service listens', async () => {
    await create('db');
    await start('web', 'db');
    await host.podman('create', '--name', 'old', '-v', 'db:/d', busybox, 'true');
    const inspect = async () => JSON.parse(await host.holdfast.command('volume', 'inspect', 'db', '--json'));
    // The service ends by itself after 10 s without a request.
    const service = host.tryPodman('system', 'service', '--time=10', 'unix:///run/podman/podman.sock');
    let ended = '';
    void service.then(({ exitCode, stderr }) => {
      ended = `Its service ended with ${exitCode}: ${stderr}`;
    });
    let usedBy: readonly { readonly engine?: string }[] = [];
    // On a busy machine, the service may answer one call in time but not the next one.
    await host.eventually('both are named', async () => {
      if (ended !== '') throw new Error(ended);
      ({ usedBy } = await inspect());
      return usedBy.filter(({ engine }) => engine === 'Podman').length === 2;
    });
    // Without cgroups, the kernel shows only a process; Podman knows its container.
    expect(usedBy).toEqual([
      expect.objectContaining({ kind: 'process', command: 'sleep', mountpoint: '/d' }),
      expect.objectContaining({ kind: 'container', engine: 'Podman', name: 'web', state: 'running' }),
      expect.objectContaining({ kind: 'container', engine: 'Podman', name: 'old', state: 'created' }),
    ]);
    await service;
  });

  test('registers an existing volume by creating it', async () => {
    await create('first');
    await inContainer('first', 'sh', '-c', 'echo theirs > /d/file');
    // Podman forgets the volume; Holdfast does not.
    await elsewhere('Remove', 'first');
    await host.podman('volume', 'reload');
    await host.holdfast.command('volume', 'undelete', 'first');
    await create('first');
    expect(await inContainer('first', 'cat', '/d/file')).toBe('theirs');
  });

  test('prunes volumes that it did not create after a reload, and they can be brought back', async () => {
    await elsewhere('Create', 'other');
    await host.podman('volume', 'prune', '--force');
    expect(await host.holdfast.command('volume', 'ls')).toContain('other');
    expect(await host.podman('volume', 'reload')).toContain('other');
    expect(await host.podman('volume', 'prune', '--force')).toContain('other');
    expect(await host.holdfast.command('volume', 'ls')).not.toContain('other');
    await host.holdfast.command('volume', 'undelete', 'other');
    expect(await host.holdfast.command('volume', 'ls')).toContain('other');
  });

  test('prunes them with `system prune` as well', async () => {
    await elsewhere('Create', 'other');
    await host.podman('volume', 'reload');
    await host.podman('system', 'prune', '--volumes', '--force');
    expect(await host.holdfast.command('volume', 'ls')).not.toContain('other');
  });

  test('cannot list volumes after a removal by others, until a reload', async () => {
    await create('gone');
    await create('left');
    await elsewhere('Remove', 'gone');
    const refused = await host.tryPodman('volume', 'ls');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain('Volume gone was removed from driver holdfast');
    const forgotten = await host.tryPodman('volume', 'rm', 'gone');
    expect(forgotten.stderr).toContain('has been removed from Podman');
    expect(await listed()).toEqual(['left']);
    await create('gone');
    await elsewhere('Remove', 'gone');
    expect((await host.tryPodman('volume', 'ls')).exitCode).not.toBe(0);
    expect(await host.podman('volume', 'reload')).toContain('gone');
    expect(await listed()).toEqual(['left']);
  });

  test('exports and imports a volume only while it is mounted', async () => {
    const file = `${host.folder}/db.tar`;
    await create('db');
    await create('copy');
    await inContainer('db', 'sh', '-c', 'echo precious > /d/file');
    const refused = await host.tryPodman('volume', 'export', 'db', '--output', file);
    expect(refused.stderr).toContain('volume is not mounted anywhere on host');
    for (const [volume, command] of [
      ['db', ['export', 'db', '--output', file]],
      ['copy', ['import', 'copy', file]],
    ] as const) {
      expect(await host.podman('volume', 'mount', volume)).toBe('');
      expect(await host.podman('volume', 'inspect', '--format', '{{.Mountpoint}}', volume)).toMatch(/^\/.+/);
      await host.podman('volume', ...command);
      await host.podman('volume', 'unmount', volume);
      expect(await host.isMounted(volume)).toBe(false);
    }
    expect(await inContainer('copy', 'cat', '/d/file')).toBe('precious');
  });

  test('waits 5 s for an answer, or as configured in containers.conf or the volume', async () => {
    await create('patient', '-o', 'o=timeout=60,size=16MiB');
    await create('hasty');
    expect(await host.podman('volume', 'inspect', '--format', '{{.Timeout}}', 'patient')).toBe('60');
    const patience = () => host.podman('volume', 'inspect', '--format', '{{.Timeout}}', 'hasty');
    expect(await patience()).toBe('5');
    await host.configure(documented ?? '');
    expect(await patience()).toBe('60');
    await host.configure(hastily);
    expect((await host.tryPodman(...createWith('timeout=60'))).stderr).toContain('no option "timeout"');
    const [patient] = await Promise.all([host.tryPodman('volume', 'mount', 'patient'), silentFor(7_000)]);
    expect(patient.exitCode).toBe(0);
    const [hasty] = await Promise.all([host.tryPodman('volume', 'mount', 'hasty'), silentFor(16_000)]);
    expect(hasty.exitCode).not.toBe(0);
    expect(hasty.stderr).toContain('context deadline exceeded');
    await host.podman('volume', 'unmount', 'patient');
  });

  test('blocks its other commands while one waits for the driver', async () => {
    await create('asked', '-o', 'o=timeout=30');
    const ended: string[] = [];
    const run = (...words: readonly string[]) =>
      host.tryPodman(...words).then(() => ended.push(words.join(' ')));
    const running: Promise<unknown>[] = [];
    await whileSilent(async () => {
      running.push(run('volume', 'ls'));
      await sleep(2_000);
      running.push(run('ps'));
      await sleep(3_000);
      expect(ended).toEqual([]);
    });
    await Promise.all(running);
  });

  test('holds a volume once for all its containers, even if Holdfast is killed', async () => {
    await create('shared');
    await start('one', 'shared');
    await start('two', 'shared');
    const mounts = (await host.holdfast.calls()).filter(
      ({ method, volume }) => volume === 'shared' && method === 'VolumeDriver.Mount',
    );
    expect(mounts).toHaveLength(1);
    await host.podman('exec', 'one', 'sh', '-c', 'echo seen > /d/file');
    await host.holdfast.kill();
    expect((await host.tryPodman('volume', 'ls')).stderr).toContain('connection refused');
    await host.holdfast.start();
    await start('three', 'shared');
    expect(await host.podman('exec', 'three', 'cat', '/d/file')).toBe('seen');
    await host.podman('rm', '--force', '--time=0', 'one', 'three');
    expect(await host.isMounted('shared')).toBe(true);
    await host.podman('rm', '--force', '--time=0', 'two');
    await host.eventually('it is released', async () => !(await host.isMounted('shared')));
  });

  test('mounts again after a reboot', async () => {
    await create('kept', '-o', 'size=16MiB');
    await start('user', 'kept');
    await host.podman('exec', 'user', 'sh', '-c', 'echo before > /d/file; sync');
    await host.reboot();
    expect(await host.isMounted('kept')).toBe(false);
    await host.podman('start', 'user');
    expect(await host.podman('exec', 'user', 'cat', '/d/file')).toBe('before');
    await host.podman('rm', '--force', '--time=0', 'user');
    await host.eventually('it is released', async () => !(await host.isMounted('kept')));
  });

  test("copies the image's files into a fresh volume, and keeps its owner and mode", async () => {
    await create('filled', '-o', 'mode=0711');
    const script = "cat /x/hello; stat -c '%u:%g %a' /x /x/hello";
    const seen = await host.podman('run', '--rm', '-v', 'filled:/x', withContent, 'sh', '-c', script);
    expect(seen.split('\n')).toEqual(['from the image', '0:0 711', '1234:4321 644']);
    await create('users');
    const flags = ['run', '--rm', '--user', '55:66', '-v', 'users:/d', busybox];
    expect(await host.podman(...flags, 'stat', '-c', '%u:%g %a', '/d')).toBe('0:0 755');
  });
});
