import { describe, expect, test } from '@jest/globals';
import type { Examined } from '../../src/doctor/examine.ts';
import { examined } from '../fakes/examined.ts';
import { describeWith } from '../lab/requirements.ts';
import { succeeded } from '../lab/run.ts';
import { startContainer } from './containers.ts';
import { realEngine, useMachine } from './use-machine.ts';
import { createVolume } from './volumes.ts';

/** With containers; troubles/host.test.ts has the other troubles. */
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
    test('a holder whose mount is lost', async () => {
      await createVolume(machine(), 'lost');
      await startContainer(machine(), 'web', ['lost:/d']);
      await sh(`umount ${machine().mountpoint('lost')}`);
      await findsAndMends('mounts', /held, but not mounted/);
      expect(await machine().isMounted('lost')).toBe(true);
      await machine().docker('rm', '--force', 'web');
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
        mend: `holdfast serve --config ${machine().folder}/config.yaml`,
      });
      for (const finding of found.filter(({ check }) => check === 'sockets')) await mend(finding);
      expect((await wrong()).filter(({ check }) => check === 'sockets')).toEqual([]);
      await holdfast.start();
      expect(await wrong()).toEqual([]);
    });
  });
});
