import { expect, test } from '@jest/globals';
import type { Backend } from '../../../src/backends/backend.ts';
import type { AuditedAct } from '../../../src/core/audit.ts';
import type { Volume } from '../../../src/core/volume.ts';
import { watchEffects } from '../../fakes/watched-host.ts';
import { linuxHostUnderTest } from '../../host/linux-host-under-test.ts';
import type { Fault } from '../../lab/ec2/cloud/faults.ts';
import { createEc2Endpoint, type Ec2Endpoint } from '../../lab/ec2/endpoint.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type CrashHost, type Mishap, runScript, script } from './crash-script.ts';
import { watching } from './hosts.ts';
import { backendOnInstance } from './on-endpoint.ts';

/** HOLDFAST_CRASH_STRIDE=1 tests every moment; the default tests only some of them. */
const stride = Number(process.env.HOLDFAST_CRASH_STRIDE ?? 9);
const live = new AbortController().signal;

async function machine() {
  const { host: plain, folder, cleanUp } = await linuxHostUnderTest('auto');
  const endpoint = await createEc2Endpoint({ disks: 'loop' });
  const instance = await endpoint.addInstance();
  const acts: AuditedAct[] = [];
  let offset = 0;
  const linux = { ...plain, now: () => plain.now() + offset, uptime: () => plain.uptime() + offset };
  const mountpoint = ({ name }: Volume) => `${folder}/mnt/${name}`;
  await linux.files.makeDirectory(`${folder}/mnt`);
  const start: (parts: Parameters<CrashHost['restart']>[0]) => Backend = ({ watch }) =>
    backendOnInstance(
      endpoint,
      instance,
      {
        settings: {},
        defaults: {},
        profiles: {},
        host: watch ? watchEffects(linux, watch) : linux,
        log: { enabled: () => false, write: () => undefined },
        audit: (act) => void acts.push(act),
      },
      watch && watching(watch),
    );
  let backend = start({});
  const host: CrashHost = {
    get backend() {
      return backend;
    },
    restart: (parts) => {
      backend = start(parts);
    },
    async stage(volume) {
      const state = await linux.mounts.at(mountpoint(volume));
      if (state.kind === 'missing') await linux.files.makeMountpoint(mountpoint(volume));
      await backend.stage(volume, mountpoint(volume), live);
    },
    unstage: (volume) => backend.unstage(volume, mountpoint(volume), live),
    write: async (volume, text) =>
      void (await linux.files.writeText(`${mountpoint(volume)}/file`, text, 'replace')),
    read: (volume) => linux.files.readText(`${mountpoint(volume)}/file`),
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
  const end = async () => {
    await cleanUp();
    await endpoint.close();
  };
  return { endpoint, host, linux, folder, acts, end };
}

const kept = (endpoint: Ec2Endpoint) => endpoint.volumes().filter(({ status }) => status !== 'deleting');

/** The volume has at most one EBS volume, and that is not attached to any instance. */
async function assertLetGo(endpoint: Ec2Endpoint): Promise<void> {
  const volumes = kept(endpoint);
  expect(volumes.map(({ id, status }) => ({ id, status }))).toEqual(
    volumes.slice(0, 1).map(({ id }) => ({ id, status: 'available' })),
  );
  expect(volumes.map(({ tags }) => tags.get('holdfast:name'))).toEqual(volumes.map(() => 'db'));
}

async function runAt(mishap: Mishap, at: number) {
  const { endpoint, host, linux, folder, acts, end } = await machine();
  try {
    const outcome = await runScript(host, mishap, at, () => assertLetGo(endpoint));
    const { where } = outcome;
    const left = kept(endpoint).map(({ id }) => id);
    expect({ where, left }).toEqual({ where, left: [] });
    expect(await linux.mounts.below(`${folder}/mnt`)).toEqual([]);
    expect(acts.map(({ act }) => act)).toContain('format');
    return outcome;
  } finally {
    await end();
  }
}

describeWith(
  { root: true, programs: ['mkfs.ext4', 'blkid', 'wipefs', 'losetup'], paths: ['/dev/loop-control'] },
  'EBS over an EC2 endpoint with real file systems',
  () => {
    test.each<Mishap>(['death', 'lost answer'])(
      'after a %s every volume exists once, with all its data',
      async (mishap) => {
        const { moments } = await runAt(mishap, Number.POSITIVE_INFINITY);
        expect(moments).toBeGreaterThan(2 * script.length);
        for (let at = 1; at <= moments; at += stride) await runAt(mishap, at);
      },
      600_000,
    );

    test.each<[string, Fault]>([
      ['a connection that breaks before', { kind: 'not-received' }],
      ['a connection that breaks after', { kind: 'reply-lost', as: 'cut' }],
      ['an internal error after', { kind: 'reply-lost', as: 'internal-error' }],
      ['throttling instead', { kind: 'throttled' }],
    ])('rule 13: %s the first two requests of each action has no visible effect', async (_, fault) => {
      const { endpoint, host, end } = await machine();
      try {
        const actions = ['CreateVolume', 'AttachVolume', 'DetachVolume', 'CreateTags', 'DeleteTags'];
        for (const action of [...actions, 'DeleteVolume', 'DescribeVolumes', 'DescribeInstances'])
          endpoint.fail(action, fault, 2);
        await runScript(host, 'death', Number.POSITIVE_INFINITY, () => assertLetGo(endpoint));
        expect(kept(endpoint)).toEqual([]);
        expect(endpoint.requests('DetachVolume').every(({ parameters }) => !('Force' in parameters))).toBe(
          true,
        );
      } finally {
        await end();
      }
    });
  },
);
