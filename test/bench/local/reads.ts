import { compare } from '../compare.ts';
import { type FloorServer, startFloor } from '../floor-server.ts';
import { callFor, freshNames } from '../holdfast.ts';
import type { LoadConnection } from '../load-client.ts';
import { median } from '../measure.ts';
import { bytesHandler, type ServerProcess, stockExpress } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';

const reads = { warmUp: 300, times: 1000 };
const rounds = 10;

/** Measures calls that only read. The floor is the empty handler; of a List, one that sends as many bytes. */
export async function benchReads(
  { report, folder }: Workshop,
  connection: LoadConnection,
  volumes: number,
  empty: FloorServer,
): Promise<void> {
  const call = callFor(connection);
  const stock = await startFloor(folder, stockExpress);
  report.heading(`Reading, ${volumes} volume(s): one connection`);
  report.comparison(
    await compare(
      rounds,
      {
        name: 'empty `node:http` handler',
        effort: reads,
        act: () => callFor(empty.connection)('Get', 'v0'),
      },
      [
        {
          name: 'stock Express, a constant',
          effort: reads,
          act: () => callFor(stock.connection)('Get', 'v0'),
        },
        { name: 'Activate', effort: reads, act: () => connection.call('/Plugin.Activate', '') },
        { name: 'Get', effort: reads, act: (index) => call('Get', `v${index % volumes}`) },
      ],
    ),
  );
  stock.connection.close();
  await stock.server.stop();
}

/** Measured separately: a List of 10,000 volumes is a megabyte, which empties the caches for the next measurement. */
export async function benchLists(
  { report, folder }: Workshop,
  connection: LoadConnection,
  server: ServerProcess,
  volumes: number,
): Promise<void> {
  const list = () => connection.call('/VolumeDriver.List', '{}');
  await list();
  const same = await startFloor(folder, bytesHandler(connection.lastLength()));
  const effort = { warmUp: 10, times: volumes > 1000 ? 50 : 500 };
  report.heading(`List, ${volumes} volume(s)`);
  report.comparison(
    await compare(
      rounds,
      {
        name: 'a `node:http` handler that sends as many bytes',
        effort,
        act: () => same.connection.call('/VolumeDriver.List', '{}'),
      },
      [{ name: 'List', effort, act: list }],
    ),
  );
  same.connection.close();
  await same.server.stop();
  await benchListAfterChange({ report }, connection, server);
}

/** Processor time of the daemon for Create, Remove and a List after each, with and without the Lists. */
async function benchListAfterChange(
  { report }: Pick<Workshop, 'report'>,
  connection: LoadConnection,
  server: ServerProcess,
): Promise<void> {
  const times = 25;
  const name = freshNames();
  const run = async (isListed: boolean): Promise<number> => {
    const before = server.processorTime();
    for (let count = 0; count < times; count += 1) {
      const volume = name();
      for (const method of ['Create', 'Remove']) {
        await callFor(connection)(method, volume);
        if (isListed) await connection.call('/VolumeDriver.List', '{}');
      }
    }
    return server.processorTime() - before;
  };
  const differences: number[] = [];
  for (let round = 0; round < rounds; round += 1) differences.push(-(await run(false)) + (await run(true)));
  const each = median(differences) / (2 * times);
  report.line(`\nProcessor time of a List right after one volume has changed: ${each.toFixed(2)} ms.`);
}
