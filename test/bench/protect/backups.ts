import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { field, textField } from '../../../src/core/json.ts';
import type { Report } from '../report.ts';
import { openBackupFloor } from './backup-floor.ts';
import { printBackups, type Round } from './backup-table.ts';
import { measured } from './run-cost.ts';

export interface BackupBench {
  readonly client: AdminClient;
  readonly folder: string;
  readonly report: Report;
  /** The process ID of the daemon. */
  readonly pid: number;
}

/** What the daemon's configuration has of backups. */
export function backupConfiguration(folder: string): object {
  const nas = { url: join(folder, 'repository'), passwordFile: join(folder, 'password') };
  return {
    repositories: { nas },
    backups: { yearly: { repository: 'nas', schedule: '0 3 1 1 *', prove: '0 4 1 1 *' } },
  };
}

/** BENCH_FILES and BENCH_FILE_MIB: other data. 10 GiB need 32 GiB of disk. */
const files = Number(process.env.BENCH_FILES ?? 2048);
const fileMebibytes = Number(process.env.BENCH_FILE_MIB ?? 1);
const mebibytes = files * fileMebibytes;
/** 1 % of the files. */
const changed = Math.ceil(files / 100);
const rounds = 5;

/** Backups of a volume in use, with data that cannot be compressed. */
export async function benchBackups({ client, folder, report, pid }: BackupBench): Promise<void> {
  writeFileSync(join(folder, 'password'), 'secret', { mode: 0o600 });
  await client.ask('POST', '/v1/volumes/holdfast', {
    name: 'kept',
    options: { size: `${2 * mebibytes}MiB` },
  });
  await client.ask('POST', '/v1/volumes/holdfast/kept/mount');
  const tree = join(folder, 'mnt/holdfast/kept');
  const repository = join(folder, 'repository');
  try {
    for (let i = 0; i < files; i += 1) write(tree, i);
    await task(client, { do: 'init', repository: 'nas' });
    const floor = await openBackupFloor(folder, tree, repository);
    const ours = () =>
      measured(repository, `/proc/${pid}/stat`, () =>
        task(client, { do: 'run', plan: 'yearly', volumes: ['kept'] }),
      );
    const round = async (): Promise<Round> => ({ ...(await floor()), ours: await ours() });
    const first = await round();
    const later: Round[] = [];
    for (let count = 0; count < rounds; count += 1) {
      for (let i = 0; i < changed; i += 1) write(tree, (count * changed + i) % files);
      later.push(await round());
    }
    printBackups(report, `${mebibytes} MiB in ${files} files`, [
      { name: 'the first', all: [first], startsTwice: true },
      { name: 'with 1 % of the files changed', all: later, startsTwice: false },
    ]);
  } finally {
    await client.ask('POST', '/v1/volumes/holdfast/kept/unmount');
  }
}

function write(tree: string, index: number): void {
  writeFileSync(join(tree, `${index}`), randomBytes(fileMebibytes * 2 ** 20), { flush: true });
}

/** Waits as the command does: the daemon answers when there is news. */
async function task(client: AdminClient, wanted: object): Promise<void> {
  const id = textField(await client.ask('POST', '/v1/backups/tasks', wanted), 'id');
  for (;;) {
    const job = await client.ask('GET', `/v1/backups/tasks/${id}?results=0`);
    if (textField(job, 'state') === 'done') return;
    if (textField(job, 'state') === 'failed') throw new Error(JSON.stringify(field(job, 'error')));
    await sleep(20);
  }
}
