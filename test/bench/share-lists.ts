import { readFileSync, rmSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sealRecord } from '../../src/backends/shared/recorded/record-text.ts';
import { inParallel } from '../../src/core/waits/in-parallel.ts';
import { compare } from './compare.ts';
import { startFloor } from './floor-server.ts';
import { callFor, countVolumes, startHoldfast } from './holdfast.ts';
import { openConnection } from './load-client.ts';
import { median } from './measure.ts';
import { ratioInWords } from './report.ts';
import { emptyHandler, type ServerProcess } from './server-process.ts';
import { mountPlainly, type ShareUnderTest, unmountPlainly } from './share-under-test.ts';
import { unmountBelow, type Workshop } from './workshop.ts';

const rounds = 5;
/** The number of parallel calls: a helper process has this many threads. */
const lanes = 8;

export interface Growth {
  /** Volumes that exist, `v0` among them. */
  readonly from: number;
  readonly to: number;
}

/** Measures lists of all volumes: from the share, from the cache file, and from memory. No daemon runs before. */
export async function benchLists(workshop: Workshop, share: ShareUnderTest, growth: Growth): Promise<void> {
  const { report } = workshop;
  await addRecords(workshop, share, growth);
  const start = () => startUntilListed(workshop, share, growth.to);
  const startAndStop = async () => {
    const { server, took } = await start();
    await server.stop();
    // A stop during the work after the list leaves the base mounted, but the next start must find no mount.
    unmountBelow(workshop.folder);
    return took;
  };
  const times: { read: number; cold: number; cached: number }[] = [];
  await startAndStop();
  for (let round = 0; round < rounds; round += 1) {
    const read = await readPlainly(workshop, share);
    rmSync(join(workshop.folder, 'holdfast', 'state'), { recursive: true });
    times.push({ read, cold: await startAndStop(), cached: await startAndStop() });
  }
  report.line(`\n### From exec to the whole List, ${growth.to} volumes\n`);
  report.line('| what | median | ratio |');
  report.line('|---|---|---|');
  const line = (what: string, took: (row: (typeof times)[number]) => number) => {
    const ratio = median(times.map((row) => took(row) / row.read));
    const shown = took === readOf ? '1 (floor)' : ratioInWords(ratio);
    report.line(`| ${what} | ${median(times.map(took)).toFixed(0)} ms | ${shown} |`);
  };
  line(`a new \`mount -t ${share.type}\`, reading all records ${lanes} at a time, \`umount\``, readOf);
  line('Holdfast without its cache, which mounts the share and reads it', ({ cold }) => cold);
  line('Holdfast with its cache file', ({ cached }) => cached);
  await benchMemoryList(workshop, (await start()).server, growth.to);
}

function readOf({ read }: { readonly read: number }): number {
  return read;
}

/** Copies of the record of v0 under other names and with other directories, written past Holdfast. */
async function addRecords({ folder }: Workshop, share: ShareUnderTest, growth: Growth): Promise<void> {
  const target = join(folder, 'plain');
  await mountPlainly(share, '', target);
  const registry = join(target, '.holdfast/registry');
  const { checksum: _, ...record } = JSON.parse(readFileSync(join(registry, 'v0.json'), 'utf8'));
  const numbers = Array.from({ length: growth.to - growth.from }, (_, index) => growth.from + index);
  await inParallel(numbers, lanes, (number) => {
    const [name, id] = [`v${number}`, number.toString(16).padStart(16, '0')];
    // A directory belongs to one volume: the records of others that name it count as unreadable.
    const volume = { ...record.volume, name, id, options: { ...record.volume.options, subdir: name } };
    return writeFile(join(registry, `v${number}.json`), sealRecord({ ...record, volume }));
  });
  await unmountPlainly(target);
}

async function readPlainly({ folder }: Workshop, share: ShareUnderTest): Promise<number> {
  const target = join(folder, 'plain');
  const registry = join(target, '.holdfast/registry');
  const started = performance.now();
  await mountPlainly(share, '', target);
  await inParallel(await readdir(registry), lanes, (name) => readFile(join(registry, name), 'utf8'));
  await unmountPlainly(target);
  return performance.now() - started;
}

async function startUntilListed(
  { folder, memory }: Workshop,
  share: ShareUnderTest,
  volumes: number,
): Promise<{ readonly server: ServerProcess; readonly took: number }> {
  const started = performance.now();
  const server = await startHoldfast(join(folder, 'holdfast'), memory, share.driver);
  while ((await countVolumes(server.socketPath)) < volumes) {
    if (performance.now() - started > 300_000) throw new Error('The volumes are not listed after 5 minutes.');
    await sleep(5);
  }
  return { server, took: performance.now() - started };
}

async function benchMemoryList({ report, folder }: Workshop, server: ServerProcess, volumes: number) {
  // One second after its start, the daemon reads the whole share again.
  await sleep(1500);
  await untilIdle(server.pid);
  const empty = await startFloor(folder, emptyHandler);
  const connection = await openConnection(server.socketPath);
  report.heading(`List from memory, ${volumes} volumes`, 'p95');
  const figures = await compare(
    10,
    {
      name: 'empty `node:http` handler',
      effort: { warmUp: 300, times: 1000 },
      act: () => callFor(empty.connection)('Get', 'v0'),
    },
    [
      {
        name: 'List',
        effort: { warmUp: 10, times: 50 },
        act: () => connection.call('/VolumeDriver.List', '{}'),
      },
    ],
  );
  report.comparison(figures, 'p95');
  connection.close();
  empty.connection.close();
  await server.stop();
  await empty.server.stop();
}

/** Waits until the process takes less than a tenth of a core for two seconds. */
async function untilIdle(pid: number): Promise<void> {
  // proc(5): the 14th and 15th field, in ticks of 10 ms, counted from behind the name.
  const used = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  for (let before = -1000; used() - before > 20; ) {
    before = used();
    await sleep(2000);
  }
}
