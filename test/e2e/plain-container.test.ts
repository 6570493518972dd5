import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { shellWords } from '../docs/command-line.ts';
import { fencesOf, readPage } from '../docs/pages.ts';
import { builtDaemon } from '../lab/built-daemon.ts';
import { createEngine, type Engine } from '../lab/engine.ts';
import { eventually } from '../lab/eventually.ts';
import { holdfastImage, importHoldfastImage } from '../lab/holdfast-image.ts';
import { importImages, makeImages } from '../lab/images.ts';
import { mountpoints, viewOutside } from '../lab/kernel-view.ts';
import { createNamespace, type Namespace } from '../lab/namespace.ts';
import { post } from '../lab/network/unix-http.ts';
import { describeWith } from '../lab/requirements.ts';
import { lines, startAppender } from './appender.ts';
import { inContainer, inspect, startWriter } from './containers.ts';
import { realEngine } from './use-machine.ts';

/** The arguments of the page's first `docker run`, with the host's directories moved into the folder. */
function documentedRun(folder: string): readonly string[] {
  const fence = fencesOf(readPage('docs/install.md')).find(({ text }) => text.startsWith('docker run'));
  const [docker, ...words] = shellWords((fence?.text ?? '').replaceAll('\\\n', ' '));
  expect([docker, words.at(-1)]).toEqual(['docker', 'holdfast']);
  const here = words
    .slice(0, -1)
    .map((word) =>
      word.replaceAll('/var/lib/holdfast', `${folder}/lib`).replace('src=/etc/holdfast', `src=${folder}/etc`),
    );
  return [...here, holdfastImage];
}

describeWith(
  { ...realEngine, programs: [...realEngine.programs, 'ldd'] },
  'holdfast in a plain container',
  () => {
    let folder = '';
    let namespace: Namespace;
    let engine: Engine;
    const host = {
      docker: (...args: readonly string[]) => engine.docker(...args),
      eventually: <T>(what: string, probe: () => Promise<T | undefined | false>) =>
        eventually(what, probe, { evidence: log }),
    };
    const log = async () => (await engine.tryDocker('logs', '--tail', '20', 'holdfast')).stderr;
    const answers = () =>
      host.eventually('the driver answers', async () => {
        const socket = namespace.path('/run/docker/plugins/holdfast.sock');
        return (await post(socket, '/Plugin.Activate', {})).status === 200;
      });
    const mounted = async (volume: string) => {
      const all = await mountpoints(`/proc/${namespace.pid()}/mountinfo`);
      return all.filter((path) => path === `${folder}/lib/mnt/holdfast/${volume}`).length;
    };

    beforeAll(async () => {
      await builtDaemon();
      folder = await mkdtemp(join(tmpdir(), 'holdfast-lab-'));
      for (const name of ['mnt', 'state', 'volumes'])
        await mkdir(`${folder}/lib/${name}`, { recursive: true });
      await mkdir(`${folder}/etc`);
      const settings = { root: `${folder}/lib/volumes` };
      const places = { mountRoot: `${folder}/lib/mnt`, stateDir: `${folder}/lib/state` };
      const drivers = { holdfast: { backend: 'local', settings } };
      await writeFile(`${folder}/etc/config.yaml`, JSON.stringify({ ...places, drivers }));
      await makeImages(folder);
      namespace = createNamespace(folder);
      await namespace.open();
      engine = createEngine(namespace, folder, 'docker');
      await engine.start();
      await importImages(folder, engine);
      await importHoldfastImage(folder, engine);
      await namespace.run('mkdir', '-p', '/run/holdfast');
      await engine.docker(...documentedRun(folder));
      await answers();
    });
    afterAll(async () => {
      await namespace?.close('remove');
      await eventually('nothing outlives the host', async () => (await viewOutside(folder)).length === 0);
    });

    test('mounts a volume that the host and the next container see', async () => {
      await engine.docker('volume', 'create', '--driver=holdfast', 'db');
      await inContainer(host, ['db:/d'], 'echo bytes > /d/file');
      expect(await inContainer(host, ['db:/d'], 'cat /d/file')).toBe('bytes');
      expect(await readFile(`${folder}/lib/volumes/db/file`, 'utf8').catch(() => 'elsewhere')).toBe(
        'bytes\n',
      );
      await host.eventually('it is released', async () => (await mounted('db')) === 0);
    });

    test('is killed and restarted: the container keeps writing, and its volume is mounted once', async () => {
      await engine.docker('volume', 'create', '--driver=holdfast', 'kept');
      const writer = await startWriter(host, 'writer', 'kept');
      const pid = Number(await inspect(host, 'holdfast', '.State.Pid'));
      process.kill(pid, 'SIGKILL');
      await host.eventually('the engine restarted it', async () => {
        const now = Number(await inspect(host, 'holdfast', '.State.Pid'));
        return now !== 0 && now !== pid;
      });
      await answers();
      await writer.writesOn();
      expect([await writer.failures(), await mounted('kept')]).toEqual(['', 1]);
      const refused = await engine.tryDocker('volume', 'rm', '--force', 'kept');
      expect(refused.exitCode).not.toBe(0);
      await engine.docker('rm', '--force', 'writer');
      await host.eventually('it is released', async () => (await mounted('kept')) === 0);
      await engine.docker('volume', 'rm', 'kept');
    });

    test('is replaced by a container of another version, while a container writes and syncs every line', async () => {
      const next = 'holdfast:next';
      await makeVersion(engine, folder, '9.9.9', next);
      await engine.docker('volume', 'create', '--driver=holdfast', 'synced');
      const appender = await startAppender({ ...host, folder }, 'appender', 'synced');
      await engine.docker('rm', '--force', 'holdfast');
      await appender.appendsOn();
      await engine.docker(...documentedRun(folder).slice(0, -1), next);
      await answers();
      await appender.appendsOn();
      const version = ['exec', 'holdfast', 'node', '/opt/holdfast/dist/main.js', '--version'];
      expect(await engine.docker(...version)).toContain('9.9.9');
      expect([await appender.failed(), await mounted('synced')]).toEqual([[], 1]);
      const acknowledged = await appender.end();
      await engine.docker('rm', 'appender');
      expect(
        lines(await inContainer(host, ['synced:/d'], 'cat /d/lines')).slice(0, acknowledged.length),
      ).toEqual(acknowledged);
      await host.eventually('it is released', async () => (await mounted('synced')) === 0);
    });
  },
);

/** An image of the same program that calls itself another version. */
async function makeVersion(engine: Engine, folder: string, version: string, image: string): Promise<void> {
  await engine.docker('create', '--name=version', holdfastImage);
  await engine.docker('cp', 'version:/opt/holdfast/package.json', `${folder}/package.json`);
  const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  await writeFile(`${folder}/package.json`, JSON.stringify({ ...manifest, version }));
  await engine.docker('cp', `${folder}/package.json`, 'version:/opt/holdfast/package.json');
  await engine.docker('commit', 'version', image);
  await engine.docker('rm', 'version');
}
