import { setMaxListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import * as sdk from '@aws-sdk/client-ec2';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Ec2Action, ec2Actions } from '../../../../src/backends/ebs/ec2/actions.ts';
import { createEc2 } from '../../../../src/backends/ebs/ec2/client.ts';
import type { Ec2 } from '../../../../src/backends/ebs/ec2/ec2.ts';
import { noLimits } from '../../../../src/backends/ebs/ec2/rate-limits.ts';
import { type Listener, listen, readText } from '../../../lab/ec2/api/http-listener.ts';
import { type PageCutter, raggedPages } from '../../../lab/ec2/api/paging.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../../lab/ec2/endpoint.ts';

const live = AbortSignal.timeout(600_000);
setMaxListeners(0, live);
/** The client's methods that return lists, by EC2 action. */
const listsOf: Readonly<Partial<Record<Ec2Action, readonly ((ec2: Ec2, ids: Ids) => Promise<unknown>)[]>>> = {
  DescribeVolumes: [
    (ec2, { volume }) => ec2.volume(volume, live),
    (ec2) => ec2.findVolumes({ 'tag:holdfast:name': ['db'] }, live),
    (ec2) => ec2.findTagged({}, { key: 'holdfast:name', value: 'db' }, live),
  ],
  DescribeInstances: [(ec2, { instance }) => ec2.instance(instance, live)],
  DescribeInstanceTypes: [(ec2) => ec2.attachLimit('m5.large', live)],
  DescribeVolumesModifications: [
    async (ec2, { volume }) => {
      await ec2.modifyVolume(volume, { sizeGiB: 99 }, live).catch(() => undefined);
      return ec2.modification(volume, live);
    },
  ],
  DescribeSnapshots: [
    (ec2) => ec2.findSnapshots({ 'tag-key': ['holdfast:final-snapshot'] }, live),
    (ec2, { snapshot }) => ec2.snapshot(snapshot, live),
    (ec2, { volume }) => ec2.createSnapshot(volume, 'a test', { 'holdfast:final-snapshot': volume }, live),
  ],
};

interface Ids {
  readonly volume: string;
  readonly instance: string;
  readonly snapshot: string;
}

let endpoint: Ec2Endpoint | undefined;
let listener: Listener | undefined;
afterEach(async () => {
  await endpoint?.close();
  await listener?.close();
  endpoint = undefined;
  listener = undefined;
});

/** The actions for which the SDK has a paginator. */
const paged = ec2Actions.filter((action) => `paginate${action}` in sdk);

async function subject(pages: PageCutter) {
  endpoint = await createEc2Endpoint({ pages });
  const { url, region, credentials } = endpoint;
  const ec2 = await createEc2({ region, endpoint: url, credentials, limits: noLimits });
  await endpoint.addVolumes(Array.from({ length: 7 }, (_, at) => ({ tags: { 'holdfast:name': `v${at}` } })));
  const [volume] = await endpoint.addVolumes([{ tags: { 'holdfast:name': 'db' } }]);
  const instance = await endpoint.addInstance();
  const ids = { volume: volume?.id ?? '', instance: instance.id };
  const marks = { 'holdfast:final-snapshot': ids.volume };
  return { endpoint, ec2, ids, marks };
}

/** Two empty pages, then two pages with one item each, and so on. */
function emptyFirst(): PageCutter {
  let number = 0;
  return { length: () => (number++ % 4 < 2 ? 0 : 1), goesOn: () => false };
}

test('each action that the SDK reads in pages has its lists here', () => {
  expect(paged.length).toBeGreaterThan(3);
  expect(Object.keys(listsOf).sort()).toEqual(paged.toSorted());
});

test('every Describe is sent through these lists, which read all pages', () => {
  const folder = new URL('../../../../src/backends/ebs/', import.meta.url);
  const asking = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /\.describe[A-Z]|Describe\w+Command/.test(readFileSync(new URL(name, folder), 'utf8')));
  // A dry run is only allowed or refused; it never returns a list. used-commands.ts only has them.
  expect(asking.filter((name) => !['ec2/dry-runs.ts', 'ec2/used-commands.ts'].includes(name))).toEqual([
    'ec2/lists.ts',
  ]);
});

describe.each(paged)('%s', (action) => {
  test('finds entries after empty pages', async () => {
    const { ec2, ids, marks } = await subject(emptyFirst());
    const { id: snapshot } = await ec2.createSnapshot(ids.volume, 'a test', marks, live);
    for (const list of listsOf[action] ?? []) {
      const found = await list(ec2, { ...ids, snapshot });
      expect(found).toBeDefined();
      expect(found).not.toEqual([]);
    }
    expect(endpoint?.snapshots()).toHaveLength(1);
  });

  test('a repeated token or an endless list is an error, and its beginning never counts as the whole list', async () => {
    let asked = 0;
    const token = { next: (_: number) => 'again' };
    listener = await listen(async (request, response) => {
      await readText(request);
      const next = token.next(asked++);
      response.setHeader('Content-Type', 'text/xml;charset=UTF-8');
      response.end(
        `<${action}Response><requestId>r</requestId><nextToken>${next}</nextToken></${action}Response>`,
      );
    });
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 's' };
    const ec2 = await createEc2({
      region: 'eu-central-1',
      endpoint: listener.url,
      credentials,
      limits: noLimits,
    });
    const ids = {
      volume: 'vol-0123456789abcdef0',
      instance: 'i-0123456789abcdef0',
      snapshot: 'snap-0123456789abcdef0',
    };
    const ways = [() => 'again', (number: number) => `${number}`];
    for (const next of action === 'DescribeVolumes' ? ways : ways.slice(0, 1)) {
      token.next = next;
      for (const list of (listsOf[action] ?? []).slice(0, next(0) === 'again' ? undefined : 1)) {
        asked = 0;
        await expect(list(ec2, ids)).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringContaining(`EC2's list (${action}) has`),
        });
        expect(asked).toBeLessThanOrEqual(1000);
      }
    }
  });
});

test('for any pages that EC2 returns, a list is complete, and a final snapshot is made once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const { ec2, ids, marks, endpoint } = await subject(raggedPages(seed));
      const others = { 'holdfast:final-snapshot': 'vol-0000000000000other' };
      for (let count = 0; count < 6; count++)
        await ec2.createSnapshot(ids.volume, 'a test', { ...others, 'holdfast:n': `${count}` }, live);
      const made = [];
      for (let time = 0; time < 3; time++) {
        const tags = { ...marks, Name: `named ${time}`, team: `${time}` };
        made.push((await ec2.createSnapshot(ids.volume, 'a test', tags, live)).id);
      }
      expect(new Set(made).size).toBe(1);
      expect(await ec2.findVolumes({ 'tag-key': ['holdfast:name'] }, live)).toHaveLength(8);
      expect(endpoint.snapshots()).toHaveLength(7);
      await endpoint.close();
    }),
    { numRuns: 8 },
  );
});
