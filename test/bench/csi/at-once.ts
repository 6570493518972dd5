import { callFor, freshNames } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import { measureParallel, type Timing } from '../measure.ts';
import type { Workshop } from '../workshop.ts';
import type { CsiCalls } from './calls.ts';

const atOnce = 256;
const once = { warmUp: 0, times: atOnce };

/** Makes many calls at once over one connection, as orchestrators do. Fails if one of them fails. */
export async function benchAtOnce({ report }: Workshop, socketPath: string, csi: CsiCalls): Promise<void> {
  report.heading(`CSI: ${atOnce} calls at once`);
  const name = freshNames();
  const floor = await createByPlugin(socketPath);
  const creating = await measureParallel(atOnce, once, () => csi.create(name()));
  const publishing = await measureParallel(atOnce, once, (lane) => csi.publish('free', `p${lane}`));
  const ending = await measureParallel(atOnce, once, (lane) => csi.unpublish('free', `p${lane}`));
  const figure = (name: string, timing: Timing) => {
    const ratio = timing.p50 / floor.p50;
    return { name, timing, ratio, ratios: [ratio] };
  };
  report.comparison([
    figure('Create by as many plugin connections', floor),
    figure('CreateVolume', creating),
    figure('NodePublishVolume of one volume', publishing),
    figure('NodeUnpublishVolume of it', ending),
  ]);
}

async function createByPlugin(socketPath: string): Promise<Timing> {
  const name = freshNames();
  const connections = await Promise.all(Array.from({ length: atOnce }, () => openConnection(socketPath)));
  const timing = await measureParallel(atOnce, once, async (lane) => {
    const connection = connections[lane];
    if (connection) await callFor(connection)('Create', name());
  });
  for (const connection of connections) connection.close();
  return timing;
}
