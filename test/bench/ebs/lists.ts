import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EC2Client, paginateDescribeVolumes } from '@aws-sdk/client-ec2';
import { recordTags } from '../../../src/backends/ebs/record/tags.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { fullPages } from '../../lab/ec2/api/paging.ts';
import { awsLatency } from '../../lab/ec2/cloud/delays.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { compare } from '../compare.ts';
import { startFloor } from '../floor-server.ts';
import { callFor, countVolumes, startHoldfast } from '../holdfast.ts';
import { openConnection } from '../load-client.ts';
import { median, repeat } from '../measure.ts';
import { emptyHandler, type ServerProcess, startServer } from '../server-process.ts';
import type { Workshop } from '../workshop.ts';

const rounds = 3;

/** This many volumes of the driver `holdfast`, with their records in tags. */
export function seeds(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const name = parseVolumeName(`seed-${index}`);
    const id = index.toString(16).padStart(16, '0');
    const options = { fsType: 'ext4', size: '1GiB', type: 'gp3' };
    const volume = { name, id, options, given: { size: '1' }, createdAt: '2026-01-01T00:00:00.000Z' };
    return { tags: recordTags({ driver: 'holdfast', volume, isBlank: true }) };
  });
}

/** List over the daemon's socket: from EC2, and from memory. */
export async function benchEbsLists(workshop: Workshop): Promise<void> {
  for (const count of [1_000, 10_000]) {
    const endpoint = await createEc2Endpoint({
      throttle: 'per-action',
      latency: () => awsLatency(),
      pages: fullPages,
    });
    try {
      await endpoint.addVolumes(seeds(count));
      await benchList(workshop, endpoint, count);
    } finally {
      await endpoint.close();
    }
  }
}

async function benchList(workshop: Workshop, endpoint: Ec2Endpoint, count: number): Promise<void> {
  const { report, folder, memory } = workshop;
  const { id } = await endpoint.addInstance();
  const home = join(folder, `lists-${count}`);
  const start = () => startUntilListed(workshop, endpoint, home, id, count);
  const bare = median(await repeat(rounds, () => pageThrough(endpoint)));
  let requests = 0;
  const cold = median(
    await repeat(rounds, async () => {
      rmSync(join(home, 'state'), { recursive: true, force: true });
      endpoint.clearRequests();
      const { server, took } = await start();
      requests = endpoint.requests().length;
      await server.stop();
      return took;
    }),
  );
  const loading = median(await repeat(rounds, () => loadSdk(memory)));
  const { server } = await start();
  report.line(`\n### List of ${count} EBS volumes\n`);
  report.line('| what | median | ratio |');
  report.line('|---|---|---|');
  report.line(`| the SDK alone, page after page | ${bare.toFixed(0)} ms | 1 (floor) |`);
  const load = `${loading.toFixed(0)} ms | ${(loading / bare).toFixed(2)}`;
  report.line(`| an empty handler that loads the SDK first, from exec to its answer | ${load} |`);
  const shown = `${cold.toFixed(0)} ms | ${(cold / bare).toFixed(2)}`;
  report.line(
    `| Holdfast without its cache, from exec to the whole List (${requests} requests) | ${shown} |`,
  );
  const empty = await startFloor(memory, emptyHandler);
  const connection = await openConnection(server.socketPath);
  report.heading(`List of ${count} EBS volumes from memory`, 'p95');
  const floor = {
    name: 'empty `node:http` handler',
    effort: { warmUp: 300, times: 1000 },
    act: () => callFor(empty.connection)('Get', 'v0'),
  };
  const act = () => connection.call('/VolumeDriver.List', '{}');
  report.comparison(
    await compare(10, floor, [{ name: 'List', effort: { warmUp: 10, times: 50 }, act }]),
    'p95',
  );
  connection.close();
  empty.connection.close();
  await server.stop();
  await empty.server.stop();
}

async function loadSdk(folder: string): Promise<number> {
  const path = join(folder, 'sdk.sock');
  const program = `import('@aws-sdk/client-ec2').then(() => { ${emptyHandler} });`;
  const server = await startServer(['-e', program, path], path);
  await server.stop();
  return server.firstAnswer;
}

async function pageThrough({ url, region, credentials }: Ec2Endpoint): Promise<number> {
  const began = performance.now();
  const client = new EC2Client({ endpoint: url, region, credentials: { ...credentials } });
  const filters = [{ Name: 'tag:holdfast:driver', Values: ['holdfast'] }];
  for await (const _ of paginateDescribeVolumes({ client, pageSize: 500 }, { Filters: filters }));
  client.destroy();
  return performance.now() - began;
}

async function startUntilListed(
  { memory }: Workshop,
  { url, region, zones, credentials }: Ec2Endpoint,
  home: string,
  instanceId: string,
  count: number,
): Promise<{ readonly server: ServerProcess; readonly took: number }> {
  const settings = { endpoint: url, region, availabilityZone: zones[0], instanceId };
  process.env.AWS_ACCESS_KEY_ID = credentials.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = credentials.secretAccessKey;
  const began = performance.now();
  const server = await startHoldfast(home, join(memory, 'lists'), { backend: 'ebs', settings });
  while ((await countVolumes(server.socketPath)) < count) {
    if (performance.now() - began > 120_000) throw new Error('The volumes are not listed after 2 minutes.');
    await sleep(5);
  }
  return { server, took: performance.now() - began };
}
