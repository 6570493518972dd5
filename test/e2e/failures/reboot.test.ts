import { expect, test } from '@jest/globals';
import { describeWith } from '../../lab/requirements.ts';
import { inspect, startContainer, startWriter } from '../containers.ts';
import { realEngine, useMachine } from '../use-machine.ts';
import { createVolume, isReleased } from '../volumes.ts';

for (const ledger of ['in-memory', 'on-disk'] as const) {
  describeWith(realEngine, `after a reboot, with the ledger ${ledger}`, () => {
    const machine = useMachine({ ledger });

    for (const [kind, options] of [
      ['directory', []],
      ['image', ['size=32MiB']],
    ] as const) {
      test(`nothing counts as mounted, and a container finds its data again (${kind})`, async () => {
        await createVolume(machine(), kind, ...options);
        await startContainer(machine(), 'user', [`${kind}:/d`]);
        await machine().docker('exec', 'user', 'sh', '-c', 'echo before > /d/file; sync');
        await machine().reboot();
        const { docker } = machine();
        expect(await machine().isMounted(kind)).toBe(false);
        expect(await docker('volume', 'inspect', '--format', '{{.Mountpoint}}', kind)).toBe('');
        await docker('start', 'user');
        expect(await docker('exec', 'user', 'cat', '/d/file')).toBe('before');
        await docker('stop', 'user');
        await isReleased(machine(), kind);
      });
    }

    test('no volume has a holder, so each can be removed at once', async () => {
      await createVolume(machine(), 'held');
      await startContainer(machine(), 'user', ['held:/d']);
      await machine().reboot();
      const { docker } = machine();
      await docker('rm', 'user');
      await docker('volume', 'rm', 'held');
      expect(await docker('volume', 'ls', '--quiet')).toBe('');
    });

    test('a container with restart policy `always` runs again, with its data', async () => {
      await createVolume(machine(), 'always');
      const writer = await startWriter(machine(), 'service', 'always', '--restart=always');
      const before = await writer.lines();
      await machine().reboot();
      await machine().eventually(
        'it runs again',
        async () => (await inspect(machine(), 'service', '.State.Running')) === 'true',
      );
      await writer.writesOn();
      expect(await writer.lines()).toBeGreaterThan(before);
      await machine().docker('stop', 'service');
      await isReleased(machine(), 'always');
    });
  });
}
