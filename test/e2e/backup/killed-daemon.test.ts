import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../lab/eventually.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type LoneMachine, startLoneMachine } from '../protect/lone-machine.ts';

const programs = ['restic', 'mkfs.xfs', 'mkfs.ext4', 'e2fsck', 'chattr', 'fallocate'];

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'a daemon that is killed', () => {
  let elsewhere: string;
  let machine: LoneMachine;
  beforeEach(async () => {
    elsewhere = mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-'));
    writeFileSync(join(elsewhere, 'password'), 'secret', { mode: 0o600 });
    const nas = { url: join(elsewhere, 'repository'), passwordFile: join(elsewhere, 'password') };
    machine = await startLoneMachine(() => ({
      repositories: { nas },
      backups: { nightly: { repository: 'nas', schedule: '0 3 * * *' } },
    }));
    await machine.command('backup', 'init', 'nas');
    await machine.command('volume', 'create', 'db', '-o', 'size=64MiB');
    await machine.command('volume', 'mount', 'db');
    writeFileSync(join(machine.mountpoint('db'), 'file'), 'kept');
  });
  afterEach(async () => {
    await machine.end();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  const mounted = async () =>
    readFileSync('/proc/self/mountinfo', 'utf8').includes(join(machine.folder, 'mnt/.aside'));
  const left = () => {
    const [aside, intents] = ['mnt/.aside/gold', 'state/gold/intents'].map((path) =>
      join(machine.folder, path),
    );
    return [aside, intents].flatMap((path) => (path && existsSync(path) ? readdirSync(path) : []));
  };

  test('in the middle of a backup and of a restore leaves nothing of them', async () => {
    const backup = machine.tryCommand('backup', 'run', 'nightly');
    await eventually('the volume is read', mounted);
    await machine.kill();
    expect((await backup).code).toBe(1);
    await eventually('all of it is cleared', async () => !(await mounted()) && left().length === 0);
    expect(await machine.command('snapshot', 'ls')).toContain('There are no snapshots.');
    expect(await machine.command('backup', 'ls')).toContain('There are no backups.');
    // The container went on.
    expect(readFileSync(join(machine.mountpoint('db'), 'file'), 'utf8')).toBe('kept');

    await machine.command('backup', 'run', 'nightly');
    const restore = machine.tryCommand('backup', 'restore', 'nas:db', 'again');
    await eventually('the new volume is written', mounted);
    await machine.kill();
    expect((await restore).code).toBe(1);
    await eventually('it is removed', async () => {
      const { volumes } = JSON.parse(await machine.command('volume', 'ls', '--json'));
      return !(await mounted()) && volumes.length === 1;
    });
    await machine.command('backup', 'restore', 'nas:db', 'again');
    await machine.command('volume', 'mount', 'again');
    expect(readFileSync(join(machine.mountpoint('again'), 'file'), 'utf8')).toBe('kept');
    await machine.command('backup', 'prune', 'nightly');
  });
});
