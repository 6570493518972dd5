import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAppender } from '../e2e/appender.ts';
import { eventually } from '../lab/eventually.ts';
import { busybox, imageFile, makeImages } from '../lab/images.ts';
import { isWhole } from '../lab/jest/whole.ts';
import { output, succeeded } from '../lab/run.ts';
import { bootSystemd, type SystemdHost } from '../lab/systemd/host.ts';
import { dockerUnit } from './docker-unit.ts';
import { asVersion, makeDebianPackage } from './packages.ts';
import type { Released } from './released.ts';

/** The real dpkg and systemd install it, upgrade it and remove it. */
export function describeDebianPackage(released: () => Released): void {
  describe('the Debian package', () => {
    let host: SystemdHost;
    const shell = (script: string) => host.run('sh', '-c', script);
    const sh = async (script: string) => succeeded(script, await shell(script));
    const machine = () => ({
      folder: host.folder,
      docker: async (...words: readonly string[]) => succeeded('docker', await host.run('docker', ...words)),
      eventually,
    });
    beforeAll(async () => {
      const { folder, file } = released();
      const other = join(folder, 'next');
      const next = await makeDebianPackage(other, await asVersion(file('-x64.tar.gz'), other, '9.9.9'));
      host = await bootSystemd({ 'docker.service': dockerUnit });
      await output('cp', [file('_amd64.deb'), host.path('/var/tmp/first.deb')]);
      await output('cp', [next, host.path('/var/tmp/next.deb')]);
      await makeImages(host.folder);
    });
    afterAll(() => host?.close());

    test('installed, serves the default driver at once, has its manual page and dvdcli', async () => {
      await sh('dpkg --install /var/tmp/first.deb');
      expect(await sh('systemctl is-active holdfast.service holdfast-holdfast.socket')).toBe(
        'active\nactive',
      );
      expect(await sh('systemctl is-enabled holdfast.service holdfast-holdfast.socket')).toBe(
        'enabled\nenabled',
      );
      expect(await sh('holdfast volume create db')).toContain('db');
      expect(await sh('holdfast check')).toContain('/etc/holdfast/config.yaml is valid');
      expect(await sh('readlink /proc/$(systemctl show -P MainPID holdfast.service)/exe')).toBe(
        '/usr/lib/holdfast/bin/node',
      );
      expect(await sh('/usr/lib/holdfast/bin/node --version')).toMatch(/^v24\./);
      expect(await sh('dvdcli --version')).toMatch(/^dvdcli \d/);
      expect(await sh('update-alternatives --query dvdcli')).toContain(
        'Value: /usr/lib/holdfast/dist/dvdcli/main.js',
      );
      expect(await sh('zcat /usr/share/man/man1/holdfast.1.gz | head -1')).toContain('.TH HOLDFAST 1');
      for (const link of [
        'bash-completion/completions/holdfast',
        'zsh/vendor-completions/_holdfast',
        'fish/vendor_completions.d/holdfast.fish',
      ])
        expect(await sh(`cat /usr/share/${link}`)).toContain('__complete');
      expect(await sh('dpkg --verify holdfast; ls -A /usr/local/bin')).not.toContain('holdfast');
    });

    test('is upgraded while a container writes and syncs: no write fails, and calls are answered', async () => {
      await sh(
        `systemctl start docker.service && docker import ${imageFile(host.folder, busybox)} ${busybox}`,
      );
      const appender = await startAppender(machine(), 'writer', 'db');
      const upgrade = sh('dpkg --install /var/tmp/next.deb');
      // Calls of the engine wait for the new daemon, or are answered by the old one.
      const calls = [1, 2, 3].map(async (n) => {
        await new Promise((resolve) => setTimeout(resolve, n * 500));
        return sh(`docker volume create --driver holdfast during${n}`);
      });
      expect(await Promise.all(calls)).toEqual(['during1', 'during2', 'during3']);
      await upgrade;
      await appender.appendsOn();
      expect(await sh('dpkg-query --status holdfast')).toContain('Version: 9.9.9');
      const acknowledged = await appender.end();
      expect(await appender.failed()).toEqual([]);
      const written = await readFile(host.path('/var/lib/holdfast/volumes/db/lines'), 'utf8').catch(() =>
        sh(`docker run --rm --network none -v db:/d ${busybox} cat /d/lines`),
      );
      expect(written.split('\n')).toEqual(expect.arrayContaining([...acknowledged]));
    });

    // Each installation copies 130 MB.
    if (isWhole) {
      test('an upgrade that is killed in the middle is finished by the next one, and the container writes on', async () => {
        const appender = await startAppender(machine(), 'writer2', 'db');
        // When files of the new version exist beside those of the old one.
        const killed = await sh(`dpkg --install /var/tmp/first.deb > /dev/null 2>&1 & pid=$!
        until [ -e /usr/lib/holdfast/bin/node.dpkg-new ] || ! kill -0 $pid 2> /dev/null; do :; done
        kill -KILL $pid && ls /usr/lib/holdfast/bin`);
        expect(killed).toContain('node.dpkg-new');
        await appender.appendsOn();
        expect(await sh('dpkg --audit')).toContain('holdfast');
        await sh('dpkg --install /var/tmp/next.deb');
        expect(await sh('dpkg --audit; ls /usr/lib/holdfast/bin')).toBe('node');
        expect(await sh('holdfast volume ls')).toContain('db');
        await appender.appendsOn();
        await appender.end();
        expect(await appender.failed()).toEqual([]);
      });

      test('keeps a service that the administrator disabled as it is, and units that were edited', async () => {
        await sh(
          'systemctl disable holdfast.service && echo "# mine" >> /etc/systemd/system/holdfast.service',
        );
        const said = await sh('dpkg --install /var/tmp/first.deb 2>&1');
        expect(said).toContain('was edited by hand');
        expect((await shell('systemctl is-enabled holdfast.service')).stdout.trim()).toBe('disabled');
        await sh('holdfast install --force');
      });
    }

    test('is not removed while volumes are mounted', async () => {
      await sh(`docker run --detach --name user --network none -v db:/d ${busybox} sleep 1000`);
      const { exitCode, stdout, stderr } = await shell('dpkg --remove holdfast');
      expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining('Volumes are mounted:')]);
      expect(await sh('systemctl is-active holdfast.service')).toBe('active');
      await sh('docker rm --force $(docker ps --all --quiet)');
      const isMounted = async () => (await sh('cat /proc/self/mountinfo')).includes('/mnt/holdfast/db ');
      await eventually('the volume is unmounted', async () => !(await isMounted()));
    });

    test('removed and purged, leaves the data of volumes and the lists, and nothing else', async () => {
      await sh('dpkg --remove holdfast');
      expect((await shell('systemctl is-active holdfast.service')).stdout.trim()).toBe('inactive');
      expect(await sh('ls /etc/holdfast')).toBe('config.yaml');
      expect(await sh('dpkg --purge holdfast')).toContain('Kept: /var/lib/holdfast');
      const places = '/etc /usr /run/docker /var/lib/systemd /var/lib/dpkg/alternatives';
      expect(await sh(`find ${places} -xdev -iname '*holdfast*' -o -xdev -name '*dvdcli*'`)).toBe('');
      expect(await sh('find /var/lib/holdfast -name lines -size +0')).toContain('/db/');
    });
  });
}
