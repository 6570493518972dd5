import { mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { output } from '../lab/run.ts';
import { mountsVolumes } from './mounts-volumes.ts';
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

    // 20 runs the tests themselves.
    test.each(['22', '24'])('runs on Node %s as well: a volume is mounted by system calls', async (major) => {
      await withNode(major, async (node) => {
        expect(await output(node, ['--version'])).toMatch(`v${major}.`);
        const main = join(prefix, 'lib/node_modules/holdfast/dist/main.js');
        await mountsVolumes([node, main], await mkdtemp(join(released().folder, 'served-')));
      });
    });
  });
}
