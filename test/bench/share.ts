import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadSystemCalls } from '../../src/host/system-calls.ts';
import { type Contender, compare } from './compare.ts';
import { openFloors } from './floors.ts';
import { callFor, createVolumes, freshNames, startHoldfast } from './holdfast.ts';
import { type LoadConnection, openConnection } from './load-client.ts';
import { benchLists } from './share-lists.ts';
import { benchMemory } from './share-memory.ts';
import { mountPlainly, type ShareUnderTest, unmountPlainly } from './share-under-test.ts';
import type { Workshop } from './workshop.ts';

/** Volumes that exist while mounts are measured: each is mounted again only after the client forgot it. */
const few = 100;
const many = 10_000;
const rounds = 10;

/** The measurements for all backends whose volumes are directories on a share. The share is empty. */
export async function benchShare(workshop: Workshop, share: ShareUnderTest): Promise<void> {
  const { folder, memory } = workshop;
  const home = join(folder, 'holdfast');
  const server = await startHoldfast(home, memory, share.driver);
  const connection = await openConnection(server.socketPath);
  try {
    await createVolumes(server.socketPath, 0, few);
    await benchMounts(workshop, share, connection);
    await benchMemory(workshop, share, server, few);
    await benchWrites(workshop, share, connection);
  } finally {
    connection.close();
    await server.stop();
  }
  await benchLists(workshop, share, { from: few, to: many });
}

async function benchMounts(
  { report, folder }: Workshop,
  share: ShareUnderTest,
  connection: LoadConnection,
): Promise<void> {
  const call = callFor(connection);
  const target = join(folder, 'plain');
  mkdirSync(target);
  const pair = (name: () => string) => async () => {
    const volume = name();
    await call('Mount', volume, { ID: 'a' });
    await call('Unmount', volume, { ID: 'a' });
  };
  const [plainly, other] = [inTurn(), inTurn()];
  // A volume's first mount creates its mountpoint directory, which remains.
  for (let i = 0; i < few; i += 1) await pair(other)();
  report.heading('Mounting on a live base, with the ledger on', 'p95');
  const figures = await compare(
    rounds,
    {
      name: `one spawned \`mount -t ${share.type}\` + \`umount\``,
      effort: { warmUp: 1, times: 10 },
      act: async () => {
        await mountPlainly(share, plainly(), target);
        await unmountPlainly(target);
      },
    },
    [
      ...(await byKernel(share, target)),
      {
        name: 'Mount + Unmount, another volume each time',
        // One of them waits for a look at the mount namespaces, since the last one is over a second old: with ten it would be the p95.
        effort: { warmUp: 0, times: few / 2 },
        act: pair(other),
      },
      {
        name: 'Mount + Unmount, one volume again and again',
        effort: { warmUp: 5, times: 50 },
        act: pair(() => 'v0'),
      },
    ],
  );
  report.comparison(figures, 'p95');
}

/** The floor without spawning a program. */
async function byKernel(share: ShareUnderTest, target: string): Promise<readonly Contender[]> {
  const { kernel } = share;
  const calls = await loadSystemCalls();
  if (kernel === undefined || calls === undefined) return [];
  const name = inTurn();
  const act = async () => {
    await calls.mountFileSystem(share.source(name()), target, kernel.type, 0, kernel.data);
    await calls.unmountFileSystem(target);
  };
  return [{ name: 'the same by mount(2) + umount2(2)', effort: { warmUp: 1, times: 10 }, act }];
}

function inTurn(): () => string {
  let count = 0;
  return () => `v${count++ % few}`;
}

async function benchWrites(
  { report, folder }: Workshop,
  share: ShareUnderTest,
  connection: LoadConnection,
): Promise<void> {
  const call = callFor(connection);
  const target = join(folder, 'plain');
  await mountPlainly(share, '', target);
  const floors = await openFloors(join(target, 'floor'));
  const [fresh, names] = [freshNames(), [] as string[]];
  const effort = { warmUp: 2, times: 10 };
  report.heading(`Creating and removing, ${few} volumes`, 'p95');
  const figures = await compare(
    rounds,
    { name: 'one fsynced atomic file replacement on the share', effort, act: floors.replacement },
    [
      { name: 'Create', effort, act: () => call('Create', names[names.push(fresh()) - 1] ?? '') },
      { name: 'Remove', effort, act: () => call('Remove', names.pop() ?? '') },
    ],
  );
  report.comparison(figures, 'p95');
  await floors.close();
  await unmountPlainly(target);
}
