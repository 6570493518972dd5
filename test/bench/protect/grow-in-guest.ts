import { startHoldfast } from '../holdfast.ts';
import { inWorkshop, unmountBelow } from '../workshop.ts';
import { benchGrow } from './grow.ts';
import { openAdmin } from './open-admin.ts';

/** The part of the benchmark that needs a mounted ext4 to grow, in a guest. */
await inWorkshop(async ({ folder, memory, report }) => {
  const server = await startHoldfast(folder, memory);
  try {
    await benchGrow({ client: await openAdmin(folder), folder, report }, 'ext4');
  } finally {
    await server.stop();
    unmountBelow(folder);
  }
});
