import { describe, expect, test } from '@jest/globals';
import type { Examined } from '../../src/doctor/examine.ts';
import { examined } from '../fakes/examined.ts';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { succeeded } from '../lab/run.ts';
import { plain, startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume, isReleased } from './volumes.ts';

describeWith(realEngine, 'the doctor on a real machine', () => {
  const machine = useMachine();

  async function examine(): Promise<readonly Examined[]> {
    const { folder, holdfast, namespace } = machine();
    await namespace.run('ln', '-sf', `${folder}/docker.sock`, '/run/docker.sock');
    return examined(holdfast, `${folder}/config.yaml`);
  }
  const wrong = async () => (await examine()).filter(({ level }) => level !== 'ok');
  /** Runs the command that the doctor prints. */
  async function mend({ mend: line = '' }: Examined): Promise<void> {
    const { holdfast, namespace } = machine();
    const [first, ...words] = line.split(' ');
    if (first === 'holdfast') await holdfast.command(...words);
    else succeeded(line, await namespace.run('sh', '-c', line));
  }
  /** Expects one finding, runs its command, and expects none. */
  async function findsAndMends(check: string, evidence: RegExp): Promise<void> {
    const found = await wrong();
    expect(found).toEqual([
      expect.objectContaining({ check, evidence: expect.stringMatching(evidence), mend: expect.any(String) }),
    ]);
    for (const finding of found) await mend(finding);
    expect(await wrong()).toEqual([]);
  }
  const sh = async (script: string) => {
    const { namespace } = machine();
    succeeded(script, await namespace.run('sh', '-c', script));
  };

  test('finds nothing wrong on a healthy one, and reports every part', async () => {
    await createVolume(machine(), 'db');
    await startContainer(machine(), 'web', ['db:/d']);
    const findings = await examine();
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    const seen = new Set(findings.map(({ check }) => check));
    for (const check of ['daemon', 'sockets', 'mount-root', 'mounts', 'storage', 'engines', 'containers'])
      expect(seen).toContain(check);
    expect(findings.find(({ check }) => check === 'engines')?.evidence).toMatch(/^Version \S+ answers/);
    await machine().docker('rm', '--force', 'web');
  });

  describe('finds, and prints a command that fixes,', () => {
    test('a mount root whose propagation is off', async () => {
      await sh(`mount --make-private ${machine().folder}/mounts`);
      await findsAndMends('mount-root', /is a private mount/);
    });

    test('a holder whose mount is lost', async () => {
      await createVolume(machine(), 'lost');
      await startContainer(machine(), 'web', ['lost:/d']);
      await sh(`umount ${machine().mountpoint('lost')}`);
      await findsAndMends('mounts', /held, but not mounted/);
      expect(await machine().isMounted('lost')).toBe(true);
      await machine().docker('rm', '--force', 'web');
    });

    test('a foreign mount', async () => {
      const alien = machine().mountpoint('alien');
      await sh(`mkdir ${alien} && mount -t tmpfs none ${alien}`);
      await findsAndMends('mounts', /belongs to no volume of driver holdfast/);
      await sh(`rmdir ${alien}`);
    });

    test('a socket that others may write to', async () => {
      await sh('chmod 0666 /run/docker/plugins/holdfast.sock');
      await findsAndMends('sockets', /has mode 0666 and owner 0/);
    });

    test('a state directory that others may enter', async () => {
      await sh(`chmod 0755 ${machine().folder}/state`);
      await findsAndMends('directories', /has mode 0755/);
    });

    test('a volume of the engine that shadows ours', async () => {
      const { docker, holdfast } = machine();
      await docker('volume', 'create', 'shade');
      await holdfast.command('volume', 'create', 'shade');
      await findsAndMends('shadowed-volumes', /Docker has a volume shade of its own driver `local`/);
      await holdfast.command('volume', 'rm', 'shade');
    });

    test('a stopped container that refers to a removed volume', async () => {
      const { docker, holdfast } = machine();
      await createVolume(machine(), 'gone');
      await docker('create', '--name', 'old', ...plain, '-v', 'gone:/d', busybox, 'true');
      await isReleased(machine(), 'gone');
      await holdfast.command('volume', 'rm', 'gone');
      await findsAndMends('containers', /Container old \(created\) refers to volume gone/);
    });

    test('a socket that a daemon left when it was killed, and that no daemon runs', async () => {
      const { holdfast } = machine();
      await holdfast.kill();
      const found = await wrong();
      expect(found.map(({ check, level }) => `${check} ${level}`)).toEqual(
        expect.arrayContaining(['daemon failure', 'sockets failure']),
      );
      expect(found.find(({ check }) => check === 'daemon')).toMatchObject({
        evidence: expect.stringContaining(`${machine().folder}/admin.sock`),
        mend: 'holdfast serve',
      });
      for (const finding of found.filter(({ check }) => check === 'sockets')) await mend(finding);
      expect((await wrong()).filter(({ check }) => check === 'sockets')).toEqual([]);
      await holdfast.start();
      expect(await wrong()).toEqual([]);
    });
  });

  test('waits for an engine that hangs for seconds, and says so', async () => {
    const pid = machine().engine.service.pid();
    if (pid === undefined) throw new Error('The engine does not run.');
    process.kill(pid, 'SIGSTOP');
    try {
      const found = await wrong();
      expect(found).toContainEqual(
        expect.objectContaining({
          check: 'engines',
          level: 'failure',
          evidence: expect.stringContaining('has not answered on /run/docker.sock within 2 s'),
        }),
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });
});
