import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { eventually } from '../lab/eventually.ts';
import { isWhole } from '../lab/jest/whole.ts';
import type { RepositoryServer } from '../lab/repositories/server.ts';
import { type BackupRig, listing, openBackupRig, password } from './rig.ts';

type Work = () => Promise<void>;

export interface ServerKind {
  start(): Promise<RepositoryServer>;
  /** Makes the client's part of the trust wrong. */
  mistrust(rig: BackupRig, server: RepositoryServer): void;
  /** What restic says then. */
  readonly refused: RegExp;
  /** What restic says when nobody answers. */
  readonly gone: RegExp;
  /** Whether restic itself waits until the server is back. */
  readonly waits: boolean;
  test?(title: string, work: Work, within: number): void;
}

const within = 300_000;

/** Without HOLDFAST_WHOLE=1, only the first of them. */
export function describeServer(title: string, kind: ServerKind): void {
  const { start, mistrust, refused, gone, waits } = kind;
  describe(title, () => {
    let server: RepositoryServer;
    let rig: BackupRig;
    const itself = (name: string, work: Work) => (kind.test ?? test)(name, work, within);
    const testMore = isWhole ? itself : () => undefined;
    const opened = (work: Work) => async () => {
      server = await start();
      try {
        const { url, environment, programs } = server;
        rig = await openBackupRig({ url, environment, ...(programs && { resticFolder: programs }) });
        await used(work).finally(() => rig.close());
      } finally {
        await server.remove();
      }
    };
    const used = async (work: Work): Promise<void> => {
      writeFileSync(join(rig.driver.add('db'), 'file'), 'content');
      expect(await rig.task({ do: 'init', repository: 'nas' })).toMatchObject({ state: 'done' });
      await work();
    };
    const run = () => rig.task({ do: 'run', plan: 'nightly' });
    const listed = () => rig.backups.list();
    /** Secrets are neither told nor an argument of a program. */
    const expectSecrecy = (...more: readonly unknown[]) => {
      const all = JSON.stringify([rig.calls, rig.events, ...more]);
      for (const secret of [password, ...server.secrets]) expect(all).not.toContain(secret);
    };

    itself(
      'takes backups, and is an error when it is gone',
      opened(async () => {
        expect(await run()).toMatchObject({ results: [{ outcome: 'ok' }] });
        expect((await listed()).backups).toMatchObject([{ volume: 'db', entries: 2 }]);
        await server.kill();
        const { failures } = await listed();
        expect(failures).toMatchObject([
          { message: expect.stringMatching(/listed in repository nas: restic .*/s) },
        ]);
        expect(failures[0]?.message).toMatch(gone);
        expectSecrecy(failures);
      }),
    );

    testMore(
      'gives back what it was given, and is checked and pruned',
      opened(async () => {
        await run();
        await run();
        // Later than restic's backups, which would be of the future.
        rig.clock = Date.now();
        expect(await rig.task({ do: 'prove', plan: 'nightly' })).toMatchObject({
          results: [{ outcome: 'ok', message: expect.stringContaining('all of it') }],
        });
        const name = 'copy';
        const wanted = { repository: 'nas', backup: 'db', driver: 'holdfast', name, options: {} };
        expect(await rig.task({ do: 'restore', ...wanted })).toMatchObject({ state: 'done' });
        expect(listing(rig.driver.data('copy'))).toBe(listing(rig.driver.data('db')));
        expect(await rig.task({ do: 'check', repository: 'nas' })).toMatchObject({ state: 'done' });
        rig = await rig.reopen({ keepLast: 1 });
        expect((await rig.task({ do: 'prune', plan: 'nightly' })).results).toMatchObject([{ outcome: 'ok' }]);
        expect((await listed()).backups).toHaveLength(1);
        expectSecrecy();
      }),
    );

    testMore(
      'is not believed without its keys and the password',
      opened(async () => {
        writeFileSync(join(rig.folder, 'password'), 'hunter2-hunter2');
        const { failures } = await listed();
        expect(failures[0]?.message).toContain('wrong password or no key found');
        writeFileSync(join(rig.folder, 'password'), password);
        mistrust(rig, server);
        const { state, error } = await run();
        expect(state).toBe('failed');
        expect(error?.message).toMatch(refused);
        expectSecrecy(failures, error);
        expect(JSON.stringify(failures)).not.toContain('hunter2-hunter2');
      }),
    );

    testMore(
      'that is killed in the middle leaves no half backup and no lock',
      opened(async () => {
        writeFileSync(join(rig.driver.data('db'), 'large'), randomBytes(200e6));
        const before = server.stored();
        const running = run();
        await eventually('a part of the data has arrived', async () => server.stored() > before + 1e6);
        await server.kill();
        expect(server.stored()).toBeLessThan(200e6);
        if (waits) {
          // The next one begins while nobody answers: the daemon is stopped in the middle of it.
          await rig.backups.close();
          expect(await running).toMatchObject({ state: 'failed', error: { code: 'timeout' } });
          rig = await rig.reopen();
        } else {
          expect(await running).toMatchObject({ results: [{ outcome: 'failed', volume: 'db' }] });
        }
        await server.start();
        expect((await listed()).backups).toEqual([]);
        expect(await run()).toMatchObject({ results: [{ outcome: 'ok' }] });
        expect(await rig.task({ do: 'check', repository: 'nas' })).toMatchObject({ state: 'done' });
        expect(await rig.task({ do: 'prove', plan: 'nightly' })).toMatchObject({
          results: [{ outcome: 'ok' }],
        });
        expectSecrecy();
      }),
    );

    if (waits)
      testMore(
        'that is back after a moment has the backup that was under way',
        opened(async () => {
          writeFileSync(join(rig.driver.data('db'), 'large'), randomBytes(200e6));
          const before = server.stored();
          const running = run();
          await eventually('a part of the data has arrived', async () => server.stored() > before + 1e6);
          await server.kill();
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          await server.start();
          expect(await running).toMatchObject({ results: [{ outcome: 'ok', volume: 'db' }] });
          expect(await rig.task({ do: 'check', repository: 'nas' })).toMatchObject({ state: 'done' });
        }),
      );
  });
}
