import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { callPlugin } from '../fakes/plugin-client.ts';
import { eventually } from '../lab/eventually.ts';
import { isWhole } from '../lab/jest/whole.ts';
import { prepareDaemon } from '../lab/lone-daemon.ts';
import { alone } from '../lab/namespace.ts';
import { output } from '../lab/run.ts';
import { withNode } from './other-node.ts';
import type { Released } from './released.ts';

/** npm installs it, and each Node that is supported runs it. */
export function describeNpmPackage(released: () => Released): void {
  describe('the npm package', () => {
    let prefix = '';
    let env = {};
    beforeAll(async () => {
      prefix = join(released().folder, 'prefix');
      await mkdir(prefix);
      // The settings of this clone, and a cache that has koffi already.
      env = { npm_config_prefix: prefix, npm_config_prefer_offline: 'true', npm_config_audit: 'false' };
      await output('npm', ['install', '--global', released().file('.tgz')], { env });
    });

    test('installed globally, has both programs, and a koffi that loads', async () => {
      expect(await output(join(prefix, 'bin/holdfast'), ['check'], { env })).toContain('is valid.');
      expect(await output(join(prefix, 'bin/dvdcli'), ['--version'])).toMatch(/^dvdcli \d/);
      const home = join(prefix, 'lib/node_modules/holdfast');
      const script = `import('koffi').then(({ default: koffi }) => console.log(typeof koffi.load))`;
      expect(await output('sh', ['-c', `cd ${home} && node --input-type=module -e "${script}"`])).toBe(
        'function',
      );
    });

    test('needs no installation: npx runs it', async () => {
      const words = ['exec', '--yes', `--package=${released().file('.tgz')}`, '--', 'holdfast', 'check'];
      expect(await output('npm', words, { env })).toContain('is valid.');
    });

    // 20 runs the tests themselves, and 24 comes with the Debian package.
    test.each(isWhole ? ['22', '24'] : ['22'])(
      'runs on Node %s as well: a volume is mounted by system calls',
      async (major) => {
        await withNode(major, async (node) => {
          expect(await output(node, ['--version'])).toMatch(`v${major}.`);
          const main = join(prefix, 'lib/node_modules/holdfast/dist/main.js');
          await mountsVolumes([node, main], await mkdtemp(join(released().folder, 'served-')));
        });
      },
    );
  });
}

/** In a mount namespace of its own. */
async function mountsVolumes(program: readonly string[], folder: string): Promise<void> {
  const { words, socket } = await prepareDaemon(folder);
  const daemon = spawn('unshare', [...alone, ...program, ...words.slice(2)], { stdio: 'ignore' });
  try {
    const call = async (method: string, body: object) =>
      (await callPlugin(socket, `VolumeDriver.${method}`, { Name: 'db', ...body })).json;
    await eventually('it serves', async () => (await call('Create', {})) !== undefined);
    const mountpoint = join(folder, 'mnt/gold/db');
    expect(await call('Mount', { ID: 'a' })).toEqual({ Mountpoint: mountpoint });
    expect(await readFile(`/proc/${daemon.pid}/mountinfo`, 'utf8')).toContain(` ${mountpoint} `);
    expect(await readFile(`/proc/${daemon.pid}/maps`, 'utf8')).toContain('koffi.node');
    expect(await call('Unmount', { ID: 'a' })).toEqual({});
    expect(await call('Remove', {})).toEqual({});
  } finally {
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  }
}
