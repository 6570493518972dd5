import { lacking } from '../lab.ts';
import type { Workshop } from '../workshop.ts';
import { benchIdle } from './idle.ts';
import { benchEbsLists } from './lists.ts';
import { benchParallel } from './parallel.ts';
import { benchVerbs } from './verbs.ts';
import { benchWarm } from './warm.ts';

/** EC2's endpoint of the lab in this process, with AWS's delays and limits, loop devices and real file systems. */
export async function benchEbs(workshop: Workshop): Promise<void> {
  const { report } = workshop;
  const programs = ['mkfs.ext4', 'blkid', 'wipefs', 'losetup', 'mknod'];
  const missing = lacking({ programs, paths: ['/dev/loop-control'] });
  if (missing !== undefined) return report.line(`\nEBS is skipped: it needs ${missing}.`);
  report.line('\n## EBS: an EC2 endpoint with the delays and limits of AWS, and loop devices\n');
  await benchVerbs(workshop);
  await benchWarm(workshop);
  await benchIdle(workshop);
  await benchParallel(workshop, 'per-action');
  await benchParallel(workshop, 'shared');
  await benchEbsLists(workshop);
}
