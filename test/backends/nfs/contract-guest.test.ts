import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGuest, type Guest, realGuest } from '../../lab/guest/guest.ts';
import { runJestInGuest } from '../../lab/guest/in-guest-jest.ts';
import { nfsPrograms, startNfsServer } from '../../lab/guest/nfs-server.ts';
import { createShare } from '../../lab/guest/nfs-share.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';

const needs = { ...realGuest, programs: [...realGuest.programs, ...nfsPrograms] };
const contract = fileURLToPath(new URL('contract.guest.ts', import.meta.url));
const host = fileURLToPath(new URL('host.guest.ts', import.meta.url));
const serverCopy = fileURLToPath(new URL('server-copy.guest.ts', import.meta.url));

/** Milliseconds. A run without progress ends much earlier. */
const longest = 3_600_000;

/**
 * A guest starts programs slowly, and the contract starts hundreds. By default, only those tests run in which this kernel and server
 * may behave differently from the fake ones: of plain directories over 4.2, removals over 3, and of the others those of their mounts.
 * `HOLDFAST_WHOLE=1` runs all.
 */
const touching = '(staging|the trash|foreign files|an unreadable record)';
const parts: readonly (readonly [what: string, names: string, least: number])[] = isWhole
  ? [
      ['all volumes over NFS 4.2', 'over NFS 4.2 ', 150],
      ['all volumes over NFS 3', 'over NFS 3 ', 150],
    ]
  : [
      ['directories over NFS 4.2', `contract: directories over NFS 4.2 ${touching}`, 25],
      [
        'separate mounts, and a recorded size, over NFS 4.2',
        '(separate mounts over NFS 4.2 staging|size over NFS 4.2 (growth a larger|modification the next)) ',
        13,
      ],
      ['a share that is full', 'full storage: directories over NFS 4.2 ', 5],
      ['directories over NFS 3', 'contract: directories over NFS 3 removal ', 11],
    ];

describeWith(needs, 'on the NFS server and client of a kernel', () => {
  let guest: Guest;

  beforeAll(async () => {
    guest = await createGuest({ memory: '1G' });
    const { path } = await createShare(guest, { name: 'contract', size: '256M' });
    const sharing = await createShare(guest, { name: 'sharing', size: '320M', type: 'xfs' });
    await startNfsServer(guest, { exports: [{ path }, { path: sharing.path }] });
  });

  afterAll(() => guest?.close());

  test(
    'the server copies the data of snapshots',
    async () => {
      const outcome = await runJestInGuest(guest, [serverCopy]);
      expect(outcome.failures).toEqual([]);
      expect(outcome.passed).toBe(3);
    },
    longest,
  );

  // The table of mounts shows those of NFS in a way of its own.
  test(
    'binds, and who uses them',
    async () => {
      const names = isWhole
        ? 'on an NFS export, .* (uses|mounts a bind) '
        : 'on an NFS export, by (system calls uses (another|other)|programs mounts a bind shows) ';
      const outcome = await runJestInGuest(guest, [host], { names });
      expect(outcome.failures).toEqual([]);
      expect(outcome.passed).toBeGreaterThanOrEqual(isWhole ? 18 : 3);
    },
    longest,
  );

  test.each(parts)(
    'the backend passes the contract with %s',
    async (_, names, least) => {
      const outcome = await runJestInGuest(guest, [contract], { names });
      expect(outcome.failures).toEqual([]);
      expect(outcome.passed).toBeGreaterThanOrEqual(least);
    },
    longest,
  );
});
