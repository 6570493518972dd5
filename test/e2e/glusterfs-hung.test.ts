import { expect, test } from '@jest/globals';
import type { GlusterHost } from '../lab/gluster/gluster-hosts.ts';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { run } from '../lab/run.ts';
import { post } from '../lab/unix-http.ts';
import { startAppender } from './appender.ts';
import { inContainer, plain } from './containers.ts';
import { errorOf, statusOf, timed } from './trouble.ts';
import { glusterDriver, realGlusterHosts, useGlusterHosts } from './use-gluster-hosts.ts';
import { createVolume } from './volumes.ts';

/** Gluster's own ping-timeout is 42 s; here the clients wait for longer than Holdfast does. */
const pingTimeout = 90;
const others = ['healthy', 'local'] as const;
const rounds = 25;
/** Milliseconds that a noisy machine may add to a median of few. */
const slack = 20;

describeWith(realGlusterHosts, 'a GlusterFS volume that hangs', () => {
  const { cluster, host } = useGlusterHosts({
    hosts: 1,
    cluster: { volumes: ['gv0', 'gv1'], pingTimeout },
    drivers: (gluster) => ({
      holdfast: glusterDriver(gluster),
      healthy: glusterDriver(gluster, 'gv1'),
      local: { backend: 'local', settings: { root: '/run/local' } },
    }),
  });
  const call = (driver: string, method: string, body: unknown) => {
    const socket = host().namespace.path(`/run/docker/plugins/${driver}.sock`);
    return timed(() => post(socket, `/VolumeDriver.${method}`, body));
  };

  async function works(driver: string, name: string): Promise<void> {
    const calls = [
      ['Create', { Name: name }],
      ['Mount', { Name: name, ID: 'x' }],
      ['Unmount', { Name: name, ID: 'x' }],
      ['Remove', { Name: name }],
    ] as const;
    for (const [method, body] of calls) expect(errorOf(await call(driver, method, body))).toBe('');
  }

  /** Medians in milliseconds, by method. */
  async function speed(driver: string): Promise<ReadonlyMap<string, number>> {
    const seen = new Map<string, number[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const method of ['Mount', 'Get', 'List', 'Unmount']) {
        const { took, status } = await call(driver, method, { Name: `${driver}-volume`, ID: 'timed' });
        expect(status).toBe(200);
        seen.set(method, [...(seen.get(method) ?? []), took]);
      }
    }
    return new Map([...seen].map(([method, times]) => [method, median(times)]));
  }

  test('slows down no other driver, answers its own callers, and loses nothing', async () => {
    for (const driver of others) await call(driver, 'Create', { Name: `${driver}-volume` });
    const stuck = ['stuck-1', 'stuck-2', 'stuck-3', 'stuck-4', 'stuck-5', 'stuck-6'];
    for (const name of stuck) await createVolume(host(), name);
    const appender = await startAppender(host(), 'writer', 'stuck-1');
    const before = new Map<string, ReadonlyMap<string, number>>();
    for (const driver of others) {
      await speed(driver);
      before.set(driver, await speed(driver));
    }
    for (const peer of cluster().peers) await peer.pauseBrick('gv0');
    const waiting = stuck.map((name) => hungRun(host(), name));
    try {
      for (const driver of others) {
        const during = await speed(driver);
        for (const [method, usual] of before.get(driver) ?? []) {
          const isSlower = (during.get(method) ?? 0) > 2 * usual + slack;
          expect({ driver, method, usual, now: during.get(method), isSlower }).toMatchObject({
            isSlower: false,
          });
        }
        await works(driver, `${driver}-new`);
      }
      for (const [method, name] of [
        ['Get', 'stuck-2'],
        ['List', ''],
        ['Get', 'nobody'],
      ] as const) {
        expect((await call('holdfast', method, { Name: name })).took).toBeLessThan(2_000);
      }
      for (const { took, stderr } of await Promise.all(waiting)) {
        expect(took).toBeLessThan(110_000);
        expect(stderr).toMatch(/stuck-\d could not be .*gv0/);
      }
      expect((await statusOf(host(), 'stuck-1')).health).toMatchObject({ state: 'no-reply' });
      // What was left behind in the kernel takes nothing from the others.
      for (const driver of others) await works(driver, `${driver}-again`);
    } finally {
      for (const peer of cluster().peers) await peer.resumeBrick('gv0');
    }
    await appender.appendsOn(30_000);
    expect(await appender.failed()).toEqual([]);
    const answers = () => inContainer(host(), ['stuck-1:/d', 'stuck-2:/e'], 'head -n 1 /d/lines');
    await host().eventually('it is mounted again', async () => (await answers()) === '1', 30_000);
    const isWell = async () => (await statusOf(host(), 'stuck-1')).health?.state === 'ok';
    await host().eventually('the state is shown', isWell, 30_000);
  }, 180_000);
});

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** `docker run` with a volume, which waits for as long as Docker does. */
async function hungRun({ folder }: GlusterHost, volume: string) {
  const began = performance.now();
  const args = ['run', '--rm', ...plain, '-v', `${volume}:/d`, busybox, 'true'];
  const env = { DOCKER_HOST: `unix://${folder}/docker.sock`, DOCKER_CONFIG: `${folder}/client` };
  const finished = await run('docker', args, { env, within: 120_000 });
  return { ...finished, took: performance.now() - began };
}
