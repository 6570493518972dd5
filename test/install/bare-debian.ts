import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { output, run, succeeded } from '../lab/run.ts';
import { readmeLine, timed } from './from-nothing.ts';
import { asVersion, makeDebianPackage } from './packages.ts';
import type { Released } from './released.ts';

/** By the daemon of the package, which systemd does not start in a chroot. */
const useVolume = `set -e
mount --bind / /
holdfast serve > /var/log/serve 2>&1 &
until holdfast volume ls > /dev/null 2>&1; do sleep 0.1; done
holdfast volume create db
holdfast volume mount db
echo kept > /var/lib/holdfast/mnt/holdfast/db/file
holdfast volume unmount db
kill $!; wait $! || true`;

/** Debian's smallest system, made by debootstrap from its mirror, and nothing else: with apt, as a user would. */
export function describeBareDebian(released: () => Released): void {
  describe('on a bare Debian 12', () => {
    let root = '';
    const limits = { within: 900_000, env: { DEBIAN_FRONTEND: 'noninteractive' } };
    const inside = async (script: string) => {
      const words = ['--mount', '--pid', '--fork', '--kill-child', 'chroot', root, 'sh', '-c'];
      const prepared = `unset NODE_EXTRA_CA_CERTS; mount -t proc proc /proc; ${script}`;
      return run('unshare', [...words, prepared], limits);
    };
    const sh = async (script: string) => succeeded(script, await inside(script));
    beforeAll(async () => {
      const { folder, file } = released();
      root = join(folder, 'debian');
      await output('debootstrap', ['--variant=minbase', 'bookworm', root], limits);
      await mkdir(`${root}/packages`);
      const first = file('_amd64.deb');
      await copyFile(first, `${root}/packages/${basename(first)}`);
      // Root needs none.
      await writeFile(`${root}/usr/local/bin/sudo`, '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
      const next = await makeDebianPackage(
        `${folder}/next`,
        await asVersion(file('-x64.tar.gz'), `${folder}/next`, '9.9.9'),
      );
      await copyFile(next, `${root}/packages/next.deb`);
      await writeFile(`${root}/usr/sbin/policy-rc.d`, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    });

    // Mountpoints are immutable.
    afterAll(() => run('chattr', ['-R', '-f', '-i', `${root}/var/lib/holdfast`]));

    test('lintian finds nothing', async () => {
      const { stdout } = await run('lintian', ['--allow-root', released().file('_amd64.deb')], limits);
      expect(stdout).toBe('');
    });

    test('from nothing to a volume with data: installed by apt, enabled for the next boot, used', async () => {
      // Its question, whether the packages that it needs may be installed, is answered.
      const typed = `cd /packages; yes | ${readmeLine('a Debian package')}`;
      const took = await timed(async () => {
        await sh(typed);
        await sh(useVolume);
      });
      expect(await sh('cat /var/lib/holdfast/volumes/db/file')).toBe('kept');
      process.stderr.write(`Bare Debian: ${took} ms\n`);
      expect(await sh('ls /etc/systemd/system/sockets.target.wants')).toBe('holdfast-holdfast.socket');
      expect(await sh('ls /etc/systemd/system/multi-user.target.wants')).toContain('holdfast.service');
    });

    test('upgraded, asks nothing, and keeps the changed configuration', async () => {
      await sh("printf 'drivers: { silver: { backend: local } }\\n' > /etc/holdfast/config.yaml");
      await sh('apt-get install -y /packages/next.deb');
      expect(await sh('cat /etc/holdfast/config.yaml')).toContain('silver');
      expect(await sh('ls /etc/systemd/system')).toContain('holdfast-silver.socket');
    });

    test('removed and purged, leaves the data', async () => {
      await sh('apt-get remove -y holdfast');
      expect(await sh('cat /etc/holdfast/config.yaml')).toContain('silver');
      await sh('apt-get purge -y holdfast');
      const left =
        "find / -xdev -iname '*holdfast*' -not -path '/proc/*' -not -path '/var/log/*' -not -path '/run/*' -not -path '/packages/*' -not -path '/var/lib/holdfast/*'";
      expect((await sh(left)).split('\n')).toEqual(['/var/lib/holdfast']);
      expect(await sh('cat /var/lib/holdfast/volumes/db/file')).toBe('kept');
    });
  });
}
