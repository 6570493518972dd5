import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createGuest, type Guest, realGuest } from '../../lab/guest/guest.ts';
import { runJestInGuest } from '../../lab/guest/in-guest-jest.ts';
import { createShare } from '../../lab/guest/nfs-share.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';

const needs = { ...realGuest, programs: [...realGuest.programs, 'mkfs.ext4', 'mkfs.xfs', 'setpriv'] };
const projects = fileURLToPath(new URL('projects.guest.ts', import.meta.url));
/** Milliseconds. A run without progress ends much earlier. */
const longest = 3_600_000;
const local = fileURLToPath(new URL('../../backends/local/quota.guest.ts', import.meta.url));
/** A guest starts programs slowly: by default, only what the kernel does. `HOLDFAST_WHOLE=1` runs the whole contracts. */
const some = '(a limit is enforced|all that is in an assigned|limits what containers write)';
const names = isWhole ? '' : some;
const least = isWhole ? 200 : 6;

describeWith(needs, 'on a kernel with project quotas', () => {
  let guest: Guest;

  beforeAll(async () => {
    guest = await createGuest();
    await createShare(guest, { name: 'ext4', size: '256M', quotas: 'projects' });
    await createShare(guest, { name: 'xfs', size: '320M', type: 'xfs', quotas: 'projects' });
  });

  afterAll(() => guest?.close());

  test(
    'ext4 and xfs limit directories, and the volumes of the local backend',
    async () => {
      const outcome = await runJestInGuest(guest, [projects, local], { names });
      expect(outcome.failures).toEqual([]);
      expect(outcome.passed).toBeGreaterThanOrEqual(least);
    },
    longest,
  );
});
