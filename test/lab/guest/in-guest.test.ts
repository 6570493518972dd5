import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { builtDaemon } from '../built-daemon.ts';
import type { Engine } from '../engine.ts';
import { busybox } from '../images.ts';
import { describeWith } from '../requirements.ts';
import { dockerPrograms, startDocker } from './docker-in-guest.ts';
import { createGuest, type Guest, realGuest } from './guest.ts';
import { type GuestDaemon, startHoldfast } from './holdfast-in-guest.ts';
import { runJestInGuest } from './in-guest-jest.ts';

const needs = { ...realGuest, programs: [...realGuest.programs, ...dockerPrograms] };
const local = { backend: 'local', settings: { root: '/var/lib/holdfast/volumes' } };

describeWith(needs, 'in a guest', () => {
  let guest: Guest;
  let holdfast: GuestDaemon;
  let engine: Engine;

  beforeAll(async () => {
    const program = await builtDaemon();
    guest = await createGuest();
    holdfast = await startHoldfast(guest, { program, config: { drivers: { holdfast: local } } });
    engine = await startDocker(guest);
  });

  afterAll(() => guest?.close());

  test('a container of its Docker writes to a volume of its Holdfast', async () => {
    const volume = ['--volume-driver=holdfast', '-v', 'kept:/d'];
    const run = ['run', '--rm', '--network=none', ...volume, busybox, 'sh', '-c'];
    await engine.docker(...run, 'echo bytes > /d/file');
    expect(await engine.docker(...run, 'cat /d/file; grep -c " /d " /proc/mounts')).toBe('bytes\n1');
    expect(await guest.read('/var/lib/holdfast/volumes/kept/file')).toBe('bytes\n');
  });

  test('the daemon answers calls and commands, and comes back after a kill', async () => {
    await holdfast.kill();
    await holdfast.start();
    const answer = await holdfast.call('VolumeDriver.List', {});
    expect(JSON.parse(answer.body).Volumes).toMatchObject([{ Name: 'kept' }]);
    expect(await holdfast.command('volume', 'ls')).toContain('kept');
  });

  test('a test file of the project runs, and its outcome is reported', async () => {
    const names = 'for every key of the daemon';
    const outcome = await runJestInGuest(guest, ['test/config/variables.test.ts']);
    expect(outcome).toMatchObject({ failed: 0, skipped: 0, failures: [] });
    expect(outcome.passed).toBeGreaterThan(0);
    const some = await runJestInGuest(guest, ['test/config/variables.test.ts'], { names });
    expect(some.skipped).toBeGreaterThan(0);
    const [failure] = (await runJestInGuest(guest, ['test/no-such.test.ts'])).failures;
    expect(failure).toContain('ENOENT');
  });

  // Runs in a guest, because root in most containers may not grow a mounted ext4.
  test('a disk that was enlarged grows while it is mounted (rule 33 of EBS)', async () => {
    const names = 'grows ext4 while it is mounted';
    const outcome = await runJestInGuest(guest, ['test/backends/ebs/disk/linux.test.ts'], { names });
    expect(outcome).toMatchObject({ passed: 1, failures: [] });
  });
});
