import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AdminClient, createAdminClient } from '../../../src/cli/admin-client.ts';

/** The admin socket of a daemon that has just started, which opens it last. */
export async function openAdmin(folder: string): Promise<AdminClient> {
  const client = createAdminClient(join(folder, 'admin.sock'));
  while (!(await client.isAnswered())) await sleep(10);
  return client;
}
