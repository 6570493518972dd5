import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type LoopFileSystem, mountLoopFileSystem } from '../../lab/loop/file-system.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type CompiledHost, compileHost } from '../compiled-host.ts';

describeWith(
  { root: true, programs: ['mkfs.ext4', 'fsfreeze'], paths: ['/dev/loop-control'] },
  'a process that is killed while it keeps a file system frozen',
  () => {
    let disk: LoopFileSystem;
    let host: CompiledHost;
    beforeAll(() => {
      host = compileHost();
    });
    afterAll(() => host.remove());
    beforeEach(() => {
      disk = mountLoopFileSystem('ext4', 64 << 20);
    });
    afterEach(() => disk.remove());

    test('leaves it thawed, as EBS snapshots need it: between the freeze and the answer of EC2', async () => {
      const program = `
        import { createWhileFrozen } from ${JSON.stringify(host.url('mounts/while-frozen').href)};
        const freeze = createWhileFrozen(process.env.PATH);
        await freeze(process.argv[1], 600_000, () => new Promise(() => { console.log('frozen'); setInterval(() => {}, 1000); }));`;
      const daemon = spawn(process.execPath, ['--input-type=module', '-e', program, disk.path]);
      try {
        await once(daemon.stdout, 'data');
      } finally {
        daemon.kill('SIGKILL');
      }
      await once(daemon, 'exit');
      // The write of another process would wait forever if nobody thawed it.
      const writer = spawn('sh', ['-c', 'echo written > "$0"', join(disk.path, 'file')]);
      const written = once(writer, 'exit').then(() => true);
      const isWritten = await Promise.race([written, sleep(60_000, false, { ref: false })]);
      // Thawing succeeds only if it is frozen.
      const wasFrozen = spawnSync('fsfreeze', ['--unfreeze', disk.path]).status === 0;
      await written;
      expect({ isWritten, wasFrozen }).toEqual({ isWritten: true, wasFrozen: false });
    });
  },
);
