import { fileURLToPath } from 'node:url';
import { createGuest, realGuest } from '../lab/guest/guest.ts';
import { nfsPrograms, startNfsServer } from '../lab/guest/nfs-server.ts';
import { createShare } from '../lab/guest/nfs-share.ts';
import { lacking, placeLabScripts } from './lab.ts';
import type { Workshop } from './workshop.ts';

/** Runs the server and the whole client side in a user-mode kernel: nfs-in-guest.ts. */
export async function benchNfs({ report }: Workshop): Promise<void> {
  const missing = lacking({ ...realGuest, programs: [...realGuest.programs, ...nfsPrograms] });
  if (missing !== undefined) return report.line(`\nNFS is skipped: it needs ${missing}.`);
  placeLabScripts();
  const guest = await createGuest({ memory: '2G' });
  try {
    const share = await createShare(guest, { name: 'share', size: '1G' });
    await startNfsServer(guest, { exports: [{ path: share.path }] });
    const program = fileURLToPath(new URL('nfs-in-guest.js', import.meta.url));
    const printed = await guest.output(process.execPath, [program, '127.0.0.1', share.path], {
      cwd: process.cwd(),
      within: 3_600_000,
    });
    report.line(`\n## NFS: the kernel's own server and client in one user-mode kernel\n\n${printed}`);
  } finally {
    await guest.close();
  }
}
