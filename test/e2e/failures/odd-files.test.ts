import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { oddKinds, putOdd } from '../../host/odd-files.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import { createDaemon, type Daemon, writeConfiguration } from '../../lab/daemon.ts';
import { createNamespace, type Namespace } from '../../lab/namespace.ts';
import { describeWith } from '../../lab/requirements.ts';

/** Each call of the daemon has the ten-second timeout of `post`. */
describeWith(
  { root: true, programs: ['unshare', 'mknod'] },
  'a daemon with odd files in its registry',
  () => {
    let folder = '';
    let namespace: Namespace;
    let holdfast: Daemon;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'holdfast-odd-'));
      namespace = createNamespace(folder);
      holdfast = createDaemon(namespace, {
        program: await builtDaemon(),
        config: `${folder}/config.yaml`,
        log: `${folder}/holdfast.log`,
        adminSocket: `${folder}/admin.sock`,
        pluginSocket: '/run/docker/plugins/holdfast.sock',
      });
      await writeConfiguration(folder, `${folder}/config.yaml`, {});
      await namespace.open();
      await holdfast.start();
    });
    afterEach(async () => {
      await holdfast.stop();
      await namespace.close('remove');
    });

    const call = async (method: string, body: unknown) => {
      const answer = await holdfast.call(`VolumeDriver.${method}`, body);
      return { status: answer.status, ...JSON.parse(answer.body) };
    };

    test('keeps working, reads none of them, and keeps their names', async () => {
      expect(await call('Create', { Name: 'db', Opts: {} })).toMatchObject({ status: 200 });
      await writeFile(`${folder}/secret`, 'root:SECRET:0:0');
      for (const directory of ['registry', 'trash']) {
        const place = `${folder}/volumes/.holdfast/${directory}`;
        // Twice the number of threads in Node's pool.
        for (let index = 0; index < 8; index += 1) await putOdd('fifo', `${place}/fifo${index}.json`);
        for (const kind of oddKinds) await putOdd(kind, `${place}/${kind}.json`);
        await symlink(`${folder}/secret`, `${place}/secret.json`);
        await symlink('/dev/zero', `${place}/zero.json`);
        await symlink('loop.json', `${place}/loop.json`);
      }
      // The first list after a start reads all of them.
      await holdfast.stop();
      await holdfast.start();
      for (let round = 0; round < 3; round += 1) {
        const asked = ['fifo0', 'fifo1', 'socket', 'device', 'secret', 'zero', 'loop'].map((Name) =>
          call('Get', { Name }),
        );
        for (const answer of await Promise.all(asked)) {
          expect(answer).toMatchObject({
            status: 200,
            Volume: { Status: { unreadable: expect.any(String) } },
          });
          expect(JSON.stringify(answer)).not.toContain('SECRET');
        }
        expect((await call('Mount', { Name: 'fifo1', ID: 'x' })).status).not.toBe(200);
        expect(await call('Mount', { Name: 'db', ID: `${round}` })).toMatchObject({ status: 200 });
        expect(await call('Create', { Name: `new${round}` })).toMatchObject({ status: 200 });
        expect(await call('Create', { Name: 'fifo0' })).toMatchObject({
          Err: expect.stringContaining('fifo0'),
        });
      }
      expect(await holdfast.command('volume', 'ls')).toContain('db');
      expect(await holdfast.command('volume', 'ls', '--removed')).not.toContain('SECRET');
      const { Volumes } = await call('List', {});
      expect(Volumes.map(({ Name }: { Name: string }) => Name)).toEqual(
        expect.arrayContaining(['db', 'new0', 'new1', 'new2']),
      );
      expect(await readFile(`${folder}/holdfast.log`, 'utf8')).not.toContain('SECRET');
      const { pid } = holdfast.service;
      const [, resident = '0'] = /VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid()}/status`, 'utf8')) ?? [];
      expect(Number(resident)).toBeLessThan(400 * 1024);
    });

    test('does not open a state file that is a FIFO, and says so', async () => {
      await holdfast.stop();
      const catalog = `${folder}/state/holdfast/catalog.jsonl`;
      await writeFile(catalog, '');
      await namespace.run('rm', catalog);
      await putOdd('fifo', catalog);
      await holdfast.service.start(process.execPath, [
        await builtDaemon(),
        'serve',
        '--config',
        `${folder}/config.yaml`,
      ]);
      const log = async () => readFile(`${folder}/holdfast.log`, 'utf8');
      for (let tries = 0; !(await log()).includes('is a FIFO') && tries < 100; tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(await log()).toContain('catalog.jsonl is a FIFO, not a regular file');
      await namespace.run('rm', catalog);
    });
  },
);
