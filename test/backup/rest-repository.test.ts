import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { startRestRepository } from '../lab/rest-repository.ts';
import { openBackupRig } from './rig.ts';

describeWith({ root: true, programs: ['restic'] }, 'a repository on a server', () => {
  test('takes backups, and is an error without its password when it is gone', async () => {
    const server = await startRestRepository();
    const rig = await openBackupRig({ url: server.url });
    try {
      writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
      expect(await rig.task({ do: 'init', repository: 'nas' })).toMatchObject({ state: 'done' });
      expect(await rig.task({ do: 'run', plan: 'nightly' })).toMatchObject({ results: [{ outcome: 'ok' }] });
      expect((await rig.backups.list()).backups).toMatchObject([{ volume: 'db', entries: 2 }]);
      await server.close();
      const { failures } = await rig.backups.list();
      expect(failures).toMatchObject([
        { code: 'failed', message: expect.stringMatching(/listed in repository nas: .*connection refused/s) },
      ]);
      expect(JSON.stringify([failures, rig.calls, rig.events])).not.toContain(server.password);
    } finally {
      await rig.close();
      await server.close().catch(() => undefined);
    }
  });
});
