import { mkdtemp, rm, symlink, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { currentFormat } from '../../../src/core/decisions/known-format.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import type { GlusterHost } from '../../lab/gluster/hosts.ts';
import { describeWith } from '../../lab/requirements.ts';
import { earlierVersion, nextVersion } from '../../lab/versions/other.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, startContainer } from '../containers.ts';
import { errorOf } from '../trouble.ts';
import { words } from '../use-machine.ts';
import { createVolume } from '../volumes.ts';
import { realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

/** The first one with shares: its records have no checksum, and it knows neither snapshots nor formats. */
const oldest = '0e9308e';
/** The last one that knew no formats; it has snapshots and their locks. */
const older = 'bddd6ef';
const needs = {
  ...realGlusterHosts,
  programs: [...realGlusterHosts.programs, 'git'],
  paths: [new URL('../../../.git', import.meta.url).pathname],
};

describeWith(needs, 'hosts with three versions of Holdfast on one share', () => {
  let folder = '';
  const versions = new Map<string, string>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-versions-'));
    versions.set('oldest', await earlierVersion(oldest, join(folder, 'oldest')));
    versions.set('older', await earlierVersion(older, join(folder, 'older')));
    versions.set('present', await builtDaemon());
    versions.set('next', await nextVersion(join(folder, 'next')));
  });
  const installed = (place: number) => join(folder, `installed-${place}`);
  const first = ['oldest', 'older', 'present'] as const;
  const put = async (place: number, version: string) => {
    await unlink(installed(place)).catch(() => undefined);
    await symlink(dirname(dirname(versions.get(version) ?? '')), installed(place));
  };
  // Runs before the hosts' own cleanup, which asks each host: the oldest lists every five minutes and after its start, and fails to
  // move what another host brought back (ESTALE).
  afterEach(async () => {
    const containers = hosts().map(async ({ docker }) => {
      const ids = words(await docker('ps', '--all', '--quiet'));
      if (ids.length > 0) await docker('rm', '--force', ...ids);
    });
    await Promise.all(containers);
    for (const name of words(await host(2).docker('volume', 'ls', '--quiet')))
      await host(2).eventually('it is removed', () => host(2).docker('volume', 'rm', '--force', name));
    await host(0).holdfast.stop();
    await host(0).holdfast.start();
    for (const each of hosts())
      await each.eventually('it lists none', async () => (await names(each)).length === 0);
  });
  const { host } = useGlusterHosts({
    hosts: 3,
    cluster: { brickSize: '128m' },
    program: async (place) => {
      await put(place, first[place] ?? '');
      return join(installed(place), 'dist/main.js');
    },
  });
  // Runs after the hosts' own cleanup.
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const hosts = () => first.map((_, place) => host(place));
  /** The earlier version and the present one, and the other way round. */
  const bothWays = () =>
    [
      [host(1), host(2)],
      [host(2), host(1)],
    ] as const;
  const install = async (place: number, version: string) => {
    await host(place).holdfast.stop();
    await put(place, version);
    await host(place).holdfast.start();
  };
  const call = async (each: GlusterHost, method: string, name: string, more = {}) =>
    errorOf(await each.holdfast.call(`VolumeDriver.${method}`, { Name: name, ...more }));
  const names = async (each: GlusterHost): Promise<readonly string[]> =>
    JSON.parse((await each.holdfast.call('VolumeDriver.List', {})).body).Volumes.map(
      ({ Name }: { readonly Name: string }) => Name,
    );
  /** On the share, as the present version sees it. */
  const onShare = async (command: string) => {
    const script = `cd ${host(2).folder}/mounts/.shares/*/*/.holdfast && ${command}`;
    return (await host(2).namespace.run('sh', '-c', script)).stdout.trim();
  };

  test('each has the volumes of the others, with their options, and all write to them at once', async () => {
    for (const [place, each] of hosts().entries())
      await createVolume(each, `of-${first[place]}`, 'mode=0711', 'uid=1000');
    for (const each of hosts())
      for (const version of first) {
        const seen = await inContainer(
          each,
          [`of-${version}:/d`],
          'echo here >> /d/file; stat -c "%a %u" /d',
        );
        expect([version, seen]).toEqual([version, '711 1000']);
      }
    for (const version of first)
      expect(await inContainer(host(2), [`of-${version}:/d`], 'grep -c here /d/file')).toBe('3');
    for (const each of hosts()) {
      await startContainer(each, 'user', ['of-oldest:/d']);
      expect(await call(each, 'Create', 'of-present', { Opts: { uid: '1001' } })).toMatch(/other options/);
    }
  });

  test('each brings back what another one removed, with its data', async () => {
    for (const [place, remover] of hosts().entries()) {
      const name = `regretted-${place}`;
      const restorer = host((place + 1) % 3);
      await createVolume(host((place + 2) % 3), name);
      await inContainer(remover, [`${name}:/d`], 'echo dear > /d/file');
      await remover.docker('volume', 'rm', name);
      await restorer.eventually('it is in the trash', async () => {
        const { exitCode } = await restorer.holdfast.tryCommand('volume', 'undelete', name);
        return exitCode === 0;
      });
      for (const each of hosts()) expect(await inContainer(each, [`${name}:/d`], 'cat /d/file')).toBe('dear');
    }
  });

  test('snapshots of one are listed, cloned and rolled back to by the other', async () => {
    for (const [place, [one, two]] of bothWays().entries()) {
      const name = `kept-${place}`;
      await createVolume(one, name);
      await inContainer(one, [`${name}:/d`], 'echo first > /d/file');
      await one.holdfast.command('snapshot', 'create', `${name}@a`);
      await inContainer(two, [`${name}:/d`], 'echo second > /d/file');
      expect(await two.holdfast.command('snapshot', 'ls', name)).toContain(`${name}@a`);
      await createVolume(two, `${name}-clone`, `from=${name}@a`);
      await two.holdfast.command('volume', 'rollback', `${name}@a`);
      for (const each of hosts())
        for (const volume of [name, `${name}-clone`])
          expect(await inContainer(each, [`${volume}:/d`], 'cat /d/file')).toBe('first');
    }
  });

  test('while one copies a volume, the other is refused, and is not when the copy is done', async () => {
    for (const [place, [one, two]] of bothWays().entries()) {
      const name = `large-${place}`;
      await createVolume(one, name);
      const many = 'i=0; while [ $i -lt 800 ]; do i=$((i + 1)); echo $i > /d/$i; done';
      await inContainer(one, [`${name}:/d`], many);
      await inContainer(two, [`${name}:/d`], 'ls /d/1');
      const copying = one.holdfast.command('snapshot', 'create', `${name}@one`);
      await one.eventually('it is locked', async () => (await onShare('ls snapshots')).includes('.lock'));
      const refused = await two.holdfast.tryCommand('snapshot', 'create', `${name}@two`);
      expect(refused.stderr).toMatch(/another host is copying/);
      await copying;
      await two.eventually('it is free', async () => {
        const { exitCode } = await two.holdfast.tryCommand('snapshot', 'create', `${name}@two`);
        return exitCode === 0;
      });
    }
  });

  test('each version takes over from another on one host, while a container syncs: no write fails', async () => {
    await createVolume(host(1), 'db');
    const appender = await startAppender(host(1), 'writer', 'db');
    for (const version of ['present', 'older', 'oldest', 'present']) {
      await install(1, version);
      await appender.appendsOn();
      expect(await call(host(1), 'Remove', 'db')).toMatch(/in use|is used/);
    }
    const acknowledged = await appender.end();
    expect(await appender.failed()).toEqual([]);
    const found = lines(await inContainer(host(0), ['db:/d'], 'cat /d/lines'));
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    await install(1, 'older');
  });

  test('one that writes a newer format has the volumes of all; the others refuse its own, and change nothing of them', async () => {
    await createVolume(host(0), 'common');
    await install(1, 'next');
    await inContainer(host(1), ['common:/d'], 'echo from the next > /d/file');
    await createVolume(host(1), 'future');
    await createVolume(host(1), 'dismissed');
    for (const name of ['future', 'dismissed'])
      await inContainer(host(1), [`${name}:/d`], 'echo dear > /d/file');
    await host(1).holdfast.command('snapshot', 'create', 'common@newer');
    await host(1).docker('volume', 'rm', 'dismissed');
    const files = 'cat registry/future.json trash/dismissed~* snapshots/*/newer.json';
    const before = await onShare(files);
    expect(before.match(/"format":\d+/g)).toEqual(Array(3).fill(`"format":${currentFormat + 1}`));
    const sentence = [/future.*cannot be read/, /future.*a newer Holdfast wrote it, in format 2/];
    for (const [at, place] of [0, 2].entries()) {
      const each = host(place);
      // The oldest lists no record that it cannot read.
      if (place !== 0)
        await each.eventually('it lists it', async () => (await names(each)).includes('future'));
      for (const method of ['Mount', 'Create', 'Remove'])
        expect([method, await call(each, method, 'future', { ID: 'x', Opts: {} })]).toEqual([
          method,
          expect.stringMatching(sentence[at] ?? ''),
        ]);
      expect((await each.holdfast.tryCommand('volume', 'undelete', 'dismissed')).exitCode).not.toBe(0);
      expect(await inContainer(each, ['common:/d'], 'cat /d/file')).toBe('from the next');
      // Its start purges.
      await install(place, first[place] ?? '');
    }
    const rollback = await host(2).holdfast.tryCommand('volume', 'rollback', 'common@newer');
    expect(rollback.stderr).toContain('a newer Holdfast wrote it');
    expect(await onShare(files)).toBe(before);
    await host(1).holdfast.command('volume', 'undelete', 'dismissed');
    for (const name of ['future', 'dismissed'])
      expect(await inContainer(host(1), [`${name}:/d`], 'cat /d/file')).toBe('dear');
    // What is left must be readable by all.
    for (const name of ['future', 'dismissed']) await host(1).docker('volume', 'rm', name);
  });
});
