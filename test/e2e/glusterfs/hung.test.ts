import { expect, test } from '@jest/globals';
import type { GlusterHost } from '../../lab/gluster/hosts.ts';
import { busybox } from '../../lab/images.ts';
import { post } from '../../lab/network/unix-http.ts';
import { describeWith } from '../../lab/requirements.ts';
import { run } from '../../lab/run.ts';
import { startAppender } from '../appender.ts';
import { inContainer, plain } from '../containers.ts';
import { reloaded, reloadsDriver } from '../reload-drivers.ts';
import { prompt, requireAsFast, speedOf, type TimedCall, unknownNames } from '../speed.ts';
import { errorOf, statusOf, timed } from '../trouble.ts';
import { createVolume } from '../volumes.ts';
import { glusterDriver, realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

/** Seconds. Gluster's default is 42. Here, clients must wait longer than Holdfast, also on a busy machine. */
const pingTimeout = 300;
const others = ['healthy', 'own'] as const;
const rounds = 25;

describeWith(realGlusterHosts, 'a GlusterFS volume that hangs', () => {
  const { cluster, host } = useGlusterHosts({
    hosts: 1,
    cluster: { volumes: ['gv0', 'gv1'], pingTimeout },
    drivers: (gluster) => ({
      holdfast: glusterDriver(gluster),
      healthy: glusterDriver(gluster, 'gv1'),
      own: { backend: 'local', settings: { root: '/run/local' } },
    }),
  });
  const call = (driver: string, method: string, body: unknown) => {
    const socket = host().namespace.path(`/run/docker/plugins/${driver}.sock`);
    return timed(() => post(socket, `/VolumeDriver.${method}`, body));
  };

  const hung: TimedCall = (method, body) => call('holdfast', method, body);

  async function works(driver: string, name: string): Promise<void> {
    const calls = [
      ['Create', { Name: name }],
      ['Mount', { Name: name, ID: 'x' }],
      ['Unmount', { Name: name, ID: 'x' }],
      ['Remove', { Name: name }],
    ] as const;
    for (const [method, body] of calls) expect(errorOf(await call(driver, method, body))).toBe('');
  }

  const speed = (driver: string) =>
    speedOf((method, body) => call(driver, method, body), `${driver}-volume`, rounds);

  test('does not slow down other drivers, answers its own callers, and loses nothing', async () => {
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
        requireAsFast(before.get(driver) ?? new Map(), await speed(driver));
        await works(driver, `${driver}-new`);
      }
      await prompt(hung, 'Get', { Name: 'stuck-2' });
      await prompt(hung, 'List', {});
      const isKnown = async () => (await statusOf(host(), 'stuck-1')).health?.state === 'no-reply';
      await host().eventually('that it hangs is known', isKnown);
      // Only the bricks know whether an unknown name exists. The error comes soon, and does not say "does not exist".
      const nobody = await prompt(hung, 'Get', { Name: 'nobody' }, unknownNames);
      expect(errorOf(nobody)).toContain('Cannot tell whether volume nobody exists');
      for (const { took, stderr } of await Promise.all(waiting)) {
        expect(took).toBeLessThan(110_000);
        expect(stderr).toMatch(/stuck-\d could not be .*gv0/);
      }
      expect((await statusOf(host(), 'stuck-1')).health).toMatchObject({ state: 'no-reply' });
      // Processes that hang in the kernel do not affect the others.
      for (const driver of others) await works(driver, `${driver}-again`);
    } finally {
      for (const peer of cluster().peers) await peer.resumeBrick('gv0');
    }
    await appender.appendsOn();
    expect(await appender.failed()).toEqual([]);
    const answers = () => inContainer(host(), ['stuck-1:/d', 'stuck-2:/e'], 'head -n 1 /d/lines');
    await host().eventually('it is mounted again', async () => (await answers()) === '1');
    const isWell = async () => (await statusOf(host(), 'stuck-1')).health?.state === 'ok';
    await host().eventually('the state is shown', isWell);
  });

  // The last test: the engine keeps asking for the removed driver, which takes 15 s at each list of volumes.
  test('can get a neighbour by a reload, which is changed and removed while a container writes', () =>
    reloadsDriver(reloaded(host()), glusterDriver(cluster(), 'gv1')));
});

/** `docker run` with a volume; waits as long as Docker does. */
async function hungRun({ folder }: GlusterHost, volume: string) {
  const began = performance.now();
  const args = ['run', '--rm', ...plain, '-v', `${volume}:/d`, busybox, 'true'];
  const env = { DOCKER_HOST: `unix://${folder}/docker.sock`, DOCKER_CONFIG: `${folder}/client` };
  const finished = await run('docker', args, { env, within: 120_000 });
  return { ...finished, took: performance.now() - began };
}
