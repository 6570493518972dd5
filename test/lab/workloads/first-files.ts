import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '../run.ts';
import type { Workload } from './workload.ts';

/** `nobody` and `nogroup` of Debian. */
export const workloadUser = { uid: 65534, gid: 65534 } as const;

/** As a tar, because on a slow host one large file is read faster than many. */
export async function firstFiles({ name, create }: Workload): Promise<Buffer | undefined> {
  if (create === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${name}-`));
  try {
    await chown(folder, workloadUser.uid, workloadUser.gid);
    const user = [`--reuid=${workloadUser.uid}`, `--regid=${workloadUser.gid}`, '--clear-groups'];
    const env = { DATA: `${folder}/data`, LC_ALL: 'C' };
    await output('setpriv', [...user, 'sh', '-ec', `mkdir -m 700 $DATA; ${create}`], { env });
    await output('tar', ['-C', `${folder}/data`, '-cf', `${folder}/data.tar`, '.']);
    return await readFile(`${folder}/data.tar`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
