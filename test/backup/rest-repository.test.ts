import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createFollowedPrograms } from '../../src/host/follow-program.ts';
import type { FollowedPrograms } from '../../src/host/host.ts';
import { startRestRepository } from '../lab/repositories/rest-repository.ts';
import { describeWith } from '../lab/requirements.ts';
import { openBackupRig, password } from './rig.ts';
import { describeServer } from './server-suite.ts';

const usual = createFollowedPrograms();
/** With other times: a program has stalled after a second. */
const impatient: FollowedPrograms = {
  follow: (program, args, how, signal) => usual.follow(program, args, { ...how, patience: 1_000 }, signal),
};

describeWith({ root: true, programs: ['restic'] }, 'a repository on a server', () => {
  describeServer("of restic's REST protocol", {
    start: startRestRepository,
    mistrust: ({ folder }, { url }) =>
      writeFileSync(join(folder, 'url'), url.replace('rest-server-secret', 'wrong')),
    refused: /401/,
    gone: /connection refused/,
    waits: true,
  });

  test('that takes connections and never answers does not hold the tasks after it', async () => {
    const server = await startRestRepository();
    const rig = await openBackupRig({ url: server.url, programs: impatient });
    try {
      writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
      const run = () => rig.task({ do: 'run', plan: 'nightly' });
      await rig.task({ do: 'init', repository: 'nas' });
      expect(await run()).toMatchObject({ results: [{ outcome: 'ok' }] });
      server.hang();
      const { results } = await run();
      expect(results).toMatchObject([
        {
          outcome: 'failed',
          code: 'timeout',
          message: expect.stringMatching(
            /in repository nas: restic was ended, because it did nothing for 0.017 minutes/,
          ),
        },
      ]);
      expect(JSON.stringify([results, rig.events])).not.toContain(password);
      await server.kill();
      await server.start();
      expect(await run()).toMatchObject({ results: [{ outcome: 'ok' }] });
      expect((await rig.backups.list()).backups).toHaveLength(2);
    } finally {
      await rig.close();
      await server.remove();
    }
  }, 60_000);
});
