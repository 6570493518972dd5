import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

interface Unused {
  readonly name: string;
  readonly lastUsed?: string;
}

describeWith(realEngine, 'the holdfast command beside a real engine', () => {
  const machine = useMachine({ grace: '1s' });
  const holdfast = (...args: readonly string[]) => machine().holdfast.command('volume', ...args);

  test('creates a volume that containers can use at once, and removes it', async () => {
    await holdfast('create', 'made', '-o', 'mode=0711');
    expect(await inContainer(machine(), ['made:/d'], 'stat -c %a /d')).toBe('711');
    expect(await machine().docker('volume', 'ls', '--format', '{{.Driver}} {{.Name}}')).toBe('holdfast made');
    await holdfast('rm', 'made');
    expect(await machine().docker('volume', 'ls', '--quiet')).toBe('');
  });

  test('brings back a volume removed by docker volume rm, with its data', async () => {
    await createVolume(machine(), 'regretted', 'size=32MiB');
    await inContainer(machine(), ['regretted:/d'], 'echo dear > /d/file');
    await machine().docker('volume', 'rm', 'regretted');
    await holdfast('undelete', 'regretted');
    expect(await inContainer(machine(), ['regretted:/d'], 'cat /d/file')).toBe('dear');
  });

  test('shows who holds a volume, and later that nobody does', async () => {
    await createVolume(machine(), 'watched');
    const inspected = async () => JSON.parse(await holdfast('inspect', 'watched', '--json'));
    await startContainer(machine(), 'user', ['watched:/d']);
    expect(await inspected()).toMatchObject({
      name: 'watched',
      mountpoint: machine().mountpoint('watched'),
      holders: [{ kind: 'client', id: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    await machine().docker('stop', 'user');
    await isReleased(machine(), 'watched');
    expect(await inspected()).toMatchObject({ name: 'watched', holders: [] });
  });

  test('refuses to remove a volume that a container uses, and says why', async () => {
    await createVolume(machine(), 'needed');
    const container = await startContainer(machine(), 'user', ['needed:/d']);
    const refused = await machine().holdfast.tryCommand('volume', 'rm', 'needed');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain(container.slice(0, 12));
    expect(await machine().docker('exec', 'user', 'touch', '/d/alive')).toBe('');
  });

  test('shows when a volume was used that a container had for a moment, also after a restart', async () => {
    for (const name of ['brief', 'never']) await createVolume(machine(), name);
    const began = Date.now();
    await inContainer(machine(), ['brief:/d'], 'true');
    await isReleased(machine(), 'brief');
    await machine().holdfast.stop();
    const ended = Date.now();
    await machine().holdfast.start();
    const { volumes } = JSON.parse(await holdfast('ls', '--unused', '--json'));
    const used = new Map(volumes.map(({ name, lastUsed }: Unused) => [name, Date.parse(lastUsed ?? '')]));
    expect(used.get('brief')).toBeGreaterThanOrEqual(began);
    expect(used.get('brief')).toBeLessThanOrEqual(ended);
    expect(used.get('never')).toBeNaN();
  });

  test('mounts a volume by hand, as long as the operator wants', async () => {
    await createVolume(machine(), 'manual');
    const { mountpoint } = JSON.parse(await holdfast('mount', 'manual', '--json'));
    const onHost = machine().namespace.path(`${mountpoint}/file`);
    await writeFile(onHost, 'from the host\n');
    const script = 'cat /d/file; echo from a container > /d/file';
    expect(await inContainer(machine(), ['manual:/d'], script)).toBe('from the host');
    // Longer than the grace period and one round of the reaper.
    await sleep(3_000);
    expect(await machine().isMounted('manual')).toBe(true);
    expect(await readFile(onHost, 'utf8')).toBe('from a container\n');
    await holdfast('unmount', 'manual');
    await isReleased(machine(), 'manual');
  });
});
