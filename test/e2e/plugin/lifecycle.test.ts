import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { listenOnPath } from '../../../src/http/sockets.ts';
import { fencesOf, readPage } from '../../docs/pages.ts';
import { inTime } from '../../lab/in-time.ts';
import { listenParts } from '../../lab/network/listen-parts.ts';
import { installing } from '../../lab/plugin/machine.ts';
import { followLines } from '../../lab/plugin/readme-lines.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, plain, startContainer, startWriter } from '../containers.ts';
import { type Outcome, type Permission, tryWithout } from './permissions.ts';
import { realPluginParts, usePlugin } from './use-plugin.ts';

describeWith(realPluginParts, 'the managed plugin, installed from a registry under several aliases', () => {
  const { machine, cluster } = usePlugin();

  function createVolume(alias: string, name: string, ...options: readonly string[]): Promise<string> {
    const flags = options.flatMap((option) => ['-o', option]);
    return machine().docker('volume', 'create', '--driver', alias, ...flags, name);
  }

  async function isMountedOnce(volume: string): Promise<void> {
    expect(await machine().timesMounted('disk', volume)).toBe(1);
  }

  function isReleased(volume: string): Promise<boolean> {
    const isGone = async () => (await machine().mountsOf(volume)).length === 0;
    return machine().eventually(`${volume} is released`, isGone);
  }

  test('keeps the data of one container for the next one: in a directory and in images with a size', async () => {
    await createVolume('disk', 'folder');
    await createVolume('disk', 'image', 'size=32MiB');
    await createVolume('small', 'sized');
    const all = ['folder:/a', 'image:/b', 'sized:/c'];
    await inContainer(machine(), all, 'for d in /a /b /c; do echo $d > $d/file; done');
    expect(await inContainer(machine(), all, 'cat /a/file /b/file /c/file')).toBe('/a\n/b\n/c');
    expect(await inContainer(machine(), all, 'df -k /b /c | grep -c loop')).toBe('2');
    expect(await readdir(`${machine().data}/plugins`)).toEqual(['glusterfs', 'holdfast', 'small']);
    const drivers = await machine().docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}');
    expect(drivers.split('\n')).toEqual(['disk:latest folder', 'disk:latest image', 'small:latest sized']);
  });

  test('runs on the Node that runs the tests, wherever that is', async () => {
    const { docker, build } = machine();
    expect(await docker('run', '--rm', ...plain, build.base, 'node', '--version')).toBe(process.version);
  });

  test('mounts on the host, where the engine sees it', async () => {
    await createVolume('disk', 'shown');
    await startContainer(machine(), 'user', ['shown:/d']);
    await machine().docker('exec', 'user', 'touch', '/d/file');
    const [place] = await machine().mountsOf('shown');
    expect(await readdir(`/proc/${machine().namespace.pid()}/root${place}`)).toEqual(['file']);
  });

  test('is restarted after a kill: containers keep writing, and nothing is mounted twice', async () => {
    await createVolume('disk', 'killed');
    const writer = await startWriter(machine(), 'writer', 'killed');
    const pid = await machine().pid('disk');
    process.kill(pid, 'SIGKILL');
    await machine().pid('disk', pid);
    await machine().eventually('it answers', () => createVolume('disk', 'after'));
    await writer.writesOn();
    expect(await writer.failures()).toBe('');
    await isMountedOnce('killed');
    expect(await inContainer(machine(), ['killed:/d'], 'head -n 1 /d/lines')).toBe('line');
    await isMountedOnce('killed');
    await machine().docker('stop', 'writer');
    await isReleased('killed');
  });

  test('can be disabled by force under a running container, and takes over its volume when it is enabled', async () => {
    const { docker, engine } = machine();
    await createVolume('disk', 'forced');
    const writer = await startWriter(machine(), 'writer', 'forced');
    expect((await engine.tryDocker('plugin', 'disable', 'disk')).stderr).toMatch(/in use/);
    await docker('plugin', 'disable', '--force', 'disk');
    await writer.writesOn();
    await docker('plugin', 'enable', 'disk');
    await writer.writesOn();
    expect(await writer.failures()).toBe('');
    expect(await inContainer(machine(), ['forced:/d'], 'head -n 1 /d/lines')).toBe('line');
    await docker('rm', '--force', 'writer');
    await isReleased('forced');
  });

  test('comes back with the engine, which restarts the containers', async () => {
    const { docker, engine } = machine();
    await createVolume('disk', 'restarted');
    const writer = await startWriter(machine(), 'writer', 'restarted', '--restart=always');
    await engine.stop();
    await engine.start();
    await writer.writesOn();
    await isMountedOnce('restarted');
    await docker('stop', 'writer');
    await isReleased('restarted');
  });

  test('accepts settings by `docker plugin set`, and keeps them and its volumes after an upgrade, under a container that syncs every line', async () => {
    const { docker, build, published, data } = machine();
    await createVolume('disk', 'kept');
    await inContainer(machine(), ['kept:/d'], 'echo before > /d/file');
    const appender = await startAppender(machine(), 'appender', 'kept');
    await build.publish(published(2), '2.0.0-test');
    await docker('plugin', 'disable', '--force', 'disk');
    await docker('plugin', 'set', 'disk', 'DEFAULTS_MODE=0711');
    await docker('plugin', 'upgrade', '--grant-all-permissions', '--skip-remote-check', 'disk', published(2));
    // Docker 20.10 keeps the environment settings, but forgets the source of a mount.
    await docker('plugin', 'set', 'disk', `state.source=${data}`);
    await docker('plugin', 'enable', 'disk');
    await appender.appendsOn();
    expect(await appender.failed()).toEqual([]);
    const acknowledged = await appender.end();
    const found = lines(await inContainer(machine(), ['kept:/d'], 'cat /d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    expect(await inContainer(machine(), ['kept:/d'], 'cat /d/file')).toBe('before');
    await createVolume('disk', 'new');
    expect(await inContainer(machine(), ['new:/d'], 'stat -c %a /d')).toBe('711');
    expect(await machine().log()).toContain('2.0.0-test');
  });

  test('removed and installed again finds its volumes', async () => {
    const { docker, install } = machine();
    await createVolume('disk', 'survivor');
    await inContainer(machine(), ['survivor:/d'], 'echo still > /d/file');
    await docker('plugin', 'rm', '--force', 'disk');
    await install('disk');
    const read = () => inContainer(machine(), ['survivor:/d'], 'cat /d/file');
    expect(await machine().eventually('it is found', read)).toBe('still');
  });

  test('keeps the data of one container for the next one on a GlusterFS volume', async () => {
    await createVolume('shared', 'everywhere');
    await inContainer(machine(), ['everywhere:/d'], 'echo here > /d/file');
    expect(await inContainer(machine(), ['everywhere:/d'], 'cat /d/file')).toBe('here');
  });

  test('is enabled in time while its share hangs, and has its volumes when the share is back', async () => {
    const { docker } = machine();
    await createVolume('shared', 'stuck');
    await inContainer(machine(), ['stuck:/d'], 'echo still > /d/file');
    await docker('plugin', 'disable', '--force', 'shared');
    for (const peer of cluster().peers) await peer.pauseBrick('gv0');
    try {
      await docker('plugin', 'enable', 'shared');
      const shown = await docker('volume', 'ls', '--filter', 'driver=shared:latest', '--quiet');
      expect(shown).toBe('stuck');
    } finally {
      for (const peer of cluster().peers) await peer.resumeBrick('gv0');
    }
    const read = () => inContainer(machine(), ['stuck:/d'], 'cat /d/file').catch(() => false as const);
    expect(await machine().eventually('the share is back', read)).toBe('still');
  });

  test('is enabled in time while its previous process is still ending', async () => {
    const { docker, data } = machine();
    await docker('plugin', 'disable', '--force', 'disk');
    const before = await listenOnPath(
      createServer(),
      `${data}/plugins/holdfast/state/daemon.lock`,
      listenParts,
    );
    const enabled = docker('plugin', 'enable', 'disk');
    await setTimeout(2_000);
    await before.close();
    await enabled;
    expect(await createVolume('disk', 'after')).toBe('after');
  });

  test('refuses invalid settings, and logs the reason once in the log of the engine', async () => {
    const { docker, engine, data } = machine();
    const refused = await engine.tryDocker(
      ...installing('wrong', `state.source=${data}`, 'SERVER=nfs.example'),
    );
    expect(refused.exitCode).not.toBe(0);
    const reasons = (await readFile(`${machine().folder}/docker.log`, 'utf8')).match(
      /variable SERVER: only nfs/g,
    );
    expect(reasons).toHaveLength(1);
    const missing = await engine.tryDocker(...installing('lost', `state.source=${data}/nowhere`));
    expect(missing.stderr).toContain(`${data}/nowhere`);
    await docker('plugin', 'rm', 'wrong', 'lost');
  });

  test('works with the permissions that it requests', async () => {
    const outcome = await tryWithout(machine(), await machine().build.image());
    expect(outcome).toMatchObject({
      mountFolder: '',
      mountImage: '',
      removeUsed: expect.stringMatching(/in use by process/),
      nameNamespace: '',
    });
  });

  const needs: readonly (readonly [Permission, keyof Outcome, RegExp])[] = [
    ['CAP_SYS_ADMIN', 'mountFolder', /not permitted/],
    ['allowAllDevices', 'mountImage', /not permitted.*loop-control/],
    ['dev', 'mountImage', /missing.*loop-control/],
    // Without namespace names, the table of every process is read, which takes a second or more for thousands of processes.
    ['CAP_SYS_PTRACE', 'nameNamespace', /^(EACCES|ENOENT)$/],
    // Without the host's PIDs, users are not visible, so a volume in use is removed.
    ['pidhost', 'removeUsed', /^$/],
  ];
  test.each(needs)('does not work without %s: %s', async (permission, act, expected) => {
    const outcome = await tryWithout(machine(), await machine().build.image(), permission);
    expect(outcome[act]).toMatch(expected);
  });

  test('keeps running as one process with live-restore, and containers write without interruption', async () => {
    const { docker, engine } = machine();
    const liveRestore = { 'live-restore': true };
    await engine.stop();
    await engine.start(liveRestore);
    await createVolume('disk', 'live');
    const writer = await startWriter(machine(), 'writer', 'live');
    const pid = await writer.pid();
    const plugin = await machine().pid('disk');
    await engine.stop();
    await engine.start(liveRestore);
    expect(await writer.pid()).toBe(pid);
    expect(await machine().pid('disk')).toBe(plugin);
    await writer.writesOn();
    expect(await writer.failures()).toBe('');
    expect(await inContainer(machine(), ['live:/d'], 'head -n 1 /d/lines')).toBe('line');
    await docker('rm', '--force', 'writer');
    await isReleased('live');
    await docker('plugin', 'disable', '--force', 'disk');
    await docker('plugin', 'enable', 'disk');
    expect(await machine().pid('disk')).not.toBe(plugin);
  });

  test('from nothing, mounts a volume in under a minute with the commands of its page and a registry', async () => {
    const { docker, published } = machine();
    await docker('plugin', 'rm', '--force', 'disk');
    const [fence] = fencesOf(readPage('docs/install/plugin.md'));
    const typed = (fence?.text ?? 'false')
      .replace('registry.example/storage/holdfast:0.1.0', published(1))
      // Without a terminal, its question is answered by `yes`, and the container gets a command below.
      .replace('docker plugin install', 'yes | docker plugin install')
      .replace(/^docker run.*\n/m, '');
    expect(typed.split('\n').filter(Boolean)).toHaveLength(3);
    await inTime(60_000, async () => {
      await followLines(machine(), machine().build.base, typed);
      expect(await inContainer(machine(), ['db:/d'], 'echo hello > /d/file; cat /d/file')).toBe('hello');
    });
    await docker('volume', 'rm', 'db');
  });

  test("mounts a volume with only the README's commands", async () => {
    const { docker } = machine();
    await docker('plugin', 'rm', '--force', 'disk');
    const lines = fencesOf(readPage('README.md')).find(({ text }) => text.includes('npm run plugin'));
    await followLines(machine(), machine().build.base, lines?.text ?? 'false');
    expect(await inContainer(machine(), ['db:/d'], 'echo hello > /d/file; cat /d/file')).toBe('hello');
    expect(await inContainer(machine(), ['db:/d'], 'cat /d/file')).toBe('hello');
  });
});
