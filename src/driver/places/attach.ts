import type { StorageHost } from '../../backends/backend.ts';
import type { VolumeName } from '../../core/names.ts';
import { requireReadable } from '../../core/volume.ts';
import { type DriverContext, lookupVolume } from '../context.ts';
import { within, withSignal } from '../deadline.ts';
import { joined } from '../in-time.ts';
import { requireOffered } from '../protect/offered.ts';
import { existing } from '../protect/snapshot.ts';

export async function attachVolume(context: DriverContext, name: VolumeName, hostId: string): Promise<void> {
  const { backend, queue, timings } = context;
  const attachments = requireOffered(backend.attachments, `Volume ${name} could not be attached`);
  const work = queue.run(name, async () => {
    const volume = await existing(context, name);
    await withSignal(timings.workDeadline, (signal) => attachments.attach(volume, hostId, signal));
  });
  return joined(name, 'attached', timings.longDeadline, work);
}

export async function detachVolume(
  context: DriverContext,
  name: VolumeName,
  hostId: string | undefined,
): Promise<void> {
  const { backend, queue, timings } = context;
  const attachments = requireOffered(backend.attachments, `Volume ${name} could not be detached`);
  const work = queue.run(name, async () => {
    const found = await lookupVolume(context, name, timings.callDeadline);
    if (found === undefined) return;
    const volume = requireReadable(found);
    await withSignal(timings.workDeadline, (signal) => attachments.detach(volume, hostId, signal));
  });
  return joined(name, 'detached', timings.longDeadline, work);
}

export async function thisHost({ backend, name, timings }: DriverContext): Promise<StorageHost> {
  const doing = `Driver ${name} could not be asked which host this is`;
  const attachments = requireOffered(backend.attachments, doing);
  const asked = withSignal(timings.callDeadline, (signal) => attachments.thisHost(signal));
  return within(asked, timings.callDeadline, `${doing} in time: try again.`);
}
