import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { compare } from '../compare.ts';
import { run } from '../floors.ts';
import type { Report } from '../report.ts';
import { attachImage } from './mounted-image.ts';

export interface GrowParts {
  readonly client: AdminClient;
  /** Where the images of the floor are. */
  readonly folder: string;
  readonly report: Report;
}

const effort = { warmUp: 1, times: 3 };
const rounds = 5;
const step = 64 * 2 ** 20;

/** Enlarges a mounted volume by 64 MiB again and again; the floor does the same to an image of its own, without anything around it. */
export async function benchGrow(
  { client, folder, report }: GrowParts,
  fsType: 'ext4' | 'xfs',
): Promise<void> {
  const name = `grown-${fsType}`;
  const size = 2 ** 30;
  await client.ask('POST', '/v1/volumes/holdfast', { name, options: { size: '1GiB', fsType } });
  await client.ask('POST', `/v1/volumes/holdfast/${name}/mount`);
  const image = await attachImage(join(folder, `floor-${fsType}`), fsType, size);
  const [program, target] =
    fsType === 'xfs' ? ['xfs_growfs', image.mountpoint] : (['resize2fs', image.device] as const);
  let [floorSize, volumeSize] = [size, size];
  try {
    report.heading(`Enlarging a mounted ${fsType} by 64 MiB`, 'p95');
    const figures = await compare(
      rounds,
      {
        name: `the file, \`losetup --set-capacity\` and \`${program}\``,
        effort,
        async act() {
          floorSize += step;
          truncateSync(image.file, floorSize);
          await run('losetup', '--set-capacity', image.device);
          await run(program, target);
        },
      },
      [
        {
          name: '`holdfast volume grow`, by the admin socket',
          effort,
          act() {
            volumeSize += step;
            return client.ask('POST', `/v1/volumes/holdfast/${name}/grow`, { size: `${volumeSize}` });
          },
        },
      ],
    );
    report.comparison(figures, 'p95');
  } finally {
    await image.detach();
    await client.ask('POST', `/v1/volumes/holdfast/${name}/unmount`);
  }
}
