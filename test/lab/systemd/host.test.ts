import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeWith } from '../requirements.ts';
import { succeeded } from '../run.ts';
import { bootSystemd, realSystemd } from './host.ts';

const hello = '[Unit]\nDescription=Hello\n[Service]\nType=oneshot\nExecStart=/bin/echo hello from a unit\n';

describeWith(realSystemd, 'a host that systemd has booted', () => {
  test('runs its units, has a journal, hides its files from the machine, and leaves nothing', async () => {
    const host = await bootSystemd({ 'hello.service': hello });
    const shell = async (script: string) => succeeded(script, await host.run('sh', '-c', script));
    try {
      await shell('systemctl start hello.service && journalctl --sync');
      expect(await shell('journalctl --no-pager --output=cat --unit=hello.service')).toContain(
        'hello from a unit',
      );
      const places = ['etc', 'usr', 'run', 'dev', 'tmp', 'var/tmp', 'var/log', 'var/lib'];
      for (const place of places) {
        await shell(`touch /${place}/of-a-test`);
        expect(existsSync(`/${place}/of-a-test`)).toBe(false);
      }
      expect(await shell('systemctl list-units --all --plain --no-legend "systemd-tmpfiles*"')).toBe('');
    } finally {
      await host.close();
    }
    expect(existsSync(host.folder)).toBe(false);
    // Groups of other tests come and go meanwhile: find(1) only complains of them.
    const found = spawnSync('find', ['/sys/fs/cgroup', '-name', basename(host.folder)], { encoding: 'utf8' });
    expect(found.error).toBeUndefined();
    expect(found.stdout).toBe('');
  });
});
