import { compare } from '../compare.ts';
import { callFor } from '../holdfast.ts';
import { type LoadConnection, openConnection } from '../load-client.ts';
import { median } from '../measure.ts';
import type { Workshop } from '../workshop.ts';
import { openImageFloor } from './image-floor.ts';

const rounds = 10;
const effort = { warmUp: 1, times: 10 };
const many = 64;

/** Mounts and unmounts an image, then 64 at once. */
export async function benchImages(
  { report, folder }: Workshop,
  connection: LoadConnection,
  socketPath: string,
): Promise<void> {
  const floor = await openImageFloor(folder);
  const call = callFor(connection);
  await call('Create', 'image', { Opts: { size: '64MiB' } });
  const ours = {
    mount: () => call('Mount', 'image', { ID: 'a' }),
    unmount: () => call('Unmount', 'image', { ID: 'a' }),
  };
  report.heading('An ext4 image: Mount', 'p95');
  report.comparison(
    await compare(
      rounds,
      { name: 'its system calls alone', effort, act: floor.mount, after: floor.unmount },
      [{ name: 'Mount', effort, act: ours.mount, after: ours.unmount }],
    ),
    'p95',
  );
  for (const { mount } of [floor, ours]) await mount();
  report.heading('An ext4 image: Unmount', 'p95');
  report.comparison(
    await compare(
      rounds,
      { name: 'its system calls alone', effort, act: floor.unmount, after: floor.mount },
      [{ name: 'Unmount', effort, act: ours.unmount, after: ours.mount }],
    ),
    'p95',
  );
  for (const { unmount } of [floor, ours]) await unmount();
  await call('Remove', 'image');
  await benchAtOnce({ report }, socketPath);
}

/** Each of 64 images: mounted one after the other, then all at once. */
async function benchAtOnce({ report }: Pick<Workshop, 'report'>, socketPath: string): Promise<void> {
  const connections = await Promise.all(Array.from({ length: many }, () => openConnection(socketPath)));
  const each = (method: string, more: object) =>
    Promise.all(connections.map((connection, lane) => callFor(connection)(method, `image-${lane}`, more)));
  const inTurn = async (method: string) => {
    for (const [lane, connection] of connections.entries())
      await callFor(connection)(method, `image-${lane}`, { ID: 'a' });
  };
  for (const [lane, connection] of connections.entries())
    await callFor(connection)('Create', `image-${lane}`, { Opts: { size: '16MiB' } });
  const times = { Mount: [] as number[], Unmount: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    const one = [await elapsed(() => inTurn('Mount')), await elapsed(() => inTurn('Unmount'))] as const;
    times.Mount.push((await elapsed(() => each('Mount', { ID: 'a' }))) / one[0]);
    times.Unmount.push((await elapsed(() => each('Unmount', { ID: 'a' }))) / one[1]);
  }
  for (const [method, ratios] of Object.entries(times))
    report.line(
      `\n${method} of ${many} images at once takes ${median(ratios).toFixed(2)} × one after the other.`,
    );
  await each('Remove', {});
  for (const connection of connections) connection.close();
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
