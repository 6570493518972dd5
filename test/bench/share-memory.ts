import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callFor } from './holdfast.ts';
import { openConnection } from './load-client.ts';
import type { ServerProcess } from './server-process.ts';
import { mountPlainly, type ShareUnderTest, unmountPlainly } from './share-under-test.ts';
import type { Workshop } from './workshop.ts';

/** Compares what mounted volumes cost in processes beside the daemon itself. Every volume is listed once. */
export async function benchMemory(
  { report, folder }: Workshop,
  share: ShareUnderTest,
  server: ServerProcess,
  volumes: number,
): Promise<void> {
  const { clients } = share;
  const names = Array.from({ length: volumes }, (_, index) => `v${index}`);
  const mountRoot = join(folder, 'holdfast', 'mnt');
  const connection = await openConnection(server.socketPath);
  const call = callFor(connection);
  for (const name of names) {
    await call('Mount', name, { ID: 'a' });
    readdirSync(join(mountRoot, 'holdfast', name));
  }
  const helpers = childrenOf(server.pid);
  report.line(`\n### Memory with ${volumes} volumes mounted\n`);
  report.line('| what | processes | RSS | PSS |');
  report.line('|---|---|---|---|');
  const line = (what: string, pids: readonly number[]) => {
    const { rss, pss } = memoryOf(pids);
    report.line(`| ${what} | ${pids.length} | ${rss.toFixed(0)} MB | ${pss.toFixed(0)} MB |`);
    return pss;
  };
  const helper = line('Holdfast: its helper process for this server', helpers);
  const client = clients ? line('Holdfast: its client', await clients(mountRoot)) : 0;
  for (const name of names) await call('Unmount', name, { ID: 'a' });
  connection.close();
  if (!clients) return;
  const each = await withPlainMounts(share, join(folder, 'each'), names, async (place) =>
    line(`one \`mount -t ${share.type}\` each`, await clients(place)),
  );
  report.line(`\nPSS with Holdfast: ${((helper + client) / each).toFixed(3)} × that of one client each.`);
}

async function withPlainMounts(
  share: ShareUnderTest,
  place: string,
  names: readonly string[],
  look: (place: string) => Promise<number>,
): Promise<number> {
  for (const name of names) {
    const target = join(place, name);
    mkdirSync(target, { recursive: true });
    await mountPlainly(share, name, target);
    readdirSync(target);
  }
  const seen = await look(place);
  for (const name of names) await unmountPlainly(join(place, name));
  return seen;
}

function childrenOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** The sum, in MB; PSS counts what processes share once. */
function memoryOf(pids: readonly number[]): { readonly rss: number; readonly pss: number } {
  const sums = pids.map((pid) => readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  const sum = (kind: string) =>
    sums.reduce((total, text) => total + Number(new RegExp(`^${kind}:\\s+(\\d+)`, 'm').exec(text)?.[1]), 0);
  return { rss: sum('Rss') / 1024, pss: sum('Pss') / 1024 };
}
