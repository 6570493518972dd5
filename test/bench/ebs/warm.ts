import { compare } from '../compare.ts';
import { openFloors } from '../floors.ts';
import { callFor } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import type { Workshop } from '../workshop.ts';
import { countActions, openStation } from './station.ts';

/** Mounts an unmounted volume again while its disk is still attached to this host. */
export async function benchWarm(workshop: Workshop): Promise<void> {
  const { report, folder } = workshop;
  const station = await openStation(workshop, 'per-action');
  const server = await station.start({ linger: '10m' });
  const connection = await openConnection(server.socketPath);
  const call = callFor(connection);
  const floors = await openFloors(folder);
  try {
    await call('Create', 'v0', { Opts: { size: '1' } });
    await call('Mount', 'v0', { ID: 'a' });
    station.endpoint.clearRequests();
    report.heading('Mounting again within `linger`', 'p95');
    const effort = { warmUp: 1, times: 5 };
    const act = async () => {
      await call('Unmount', 'v0', { ID: 'a' });
      await call('Get', 'v0');
      await call('Mount', 'v0', { ID: 'a' });
    };
    const figures = await compare(
      10,
      { name: 'one spawned `mount --bind` + `umount`', effort, act: floors.spawned },
      [{ name: 'Unmount + Get + Mount of an EBS volume', effort, act }],
    );
    report.comparison(figures, 'p95');
    report.line(`\nRequests to EC2 during all of it: ${countActions(station.endpoint).size}.`);
    await call('Unmount', 'v0', { ID: 'a' });
    await call('Remove', 'v0');
  } finally {
    await floors.close();
    connection.close();
    await server.stop();
    await station.close();
  }
}
