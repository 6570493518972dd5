import { readFile, rm } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { examined, storageTrouble } from '../../fakes/examined.ts';
import { post } from '../../lab/network/unix-http.ts';
import { describeWith } from '../../lab/requirements.ts';
import { lines, startAppender } from '../appender.ts';
import { inContainer, startContainer } from '../containers.ts';
import { prompt, type TimedCall, unknownNames } from '../speed.ts';
import { errorOf, statusOf, timed } from '../trouble.ts';
import { commandsOf } from '../troubles/mending.ts';
import { createVolume, isReleased } from '../volumes.ts';
import { realGlusterHosts, useGlusterHosts } from './use-hosts.ts';

/** Docker's timeout of a Mount, in milliseconds. */
const deadline = 110_000;

describeWith(realGlusterHosts, 'a GlusterFS server', () => {
  const { cluster, host } = useGlusterHosts({ hosts: 1 });

  /** Waits as long as Docker does. */
  function mount(volume: string, id: string) {
    const socket = host().namespace.path('/run/docker/plugins/holdfast.sock');
    return timed(() => post(socket, '/VolumeDriver.Mount', { Name: volume, ID: id }, 120_000));
  }

  test('may lose its brick while a container writes; later both bricks have every byte', async () => {
    await createVolume(host(), 'busy');
    const appender = await startAppender(host(), 'writer', 'busy');
    await cluster().peer(0).killBrick();
    await appender.appendsOn();
    await cluster().peer(0).startBrick();
    await appender.appendsOn();
    const acknowledged = await appender.end();
    expect(await appender.failed()).toEqual([]);
    await cluster().healed();
    const copies = await Promise.all(
      cluster().peers.map((peer) => readFile(`${peer.brickPath()}/busy/lines`, 'utf8')),
    );
    expect(new Set(copies).size).toBe(1);
    expect(lines(copies[0] ?? '').slice(0, acknowledged.length)).toEqual(acknowledged);
  });

  test('whose brick is down is reported by the doctor, and is ok once it is up', async () => {
    await createVolume(host(), 'looked-at');
    const config = `${host().folder}/config.yaml`;
    const trouble = () => storageTrouble(host().holdfast, config);
    expect((await trouble()).filter(({ level }) => level === 'failure')).toEqual([]);
    const whole = (await examined(host().holdfast, config)).filter(({ check }) => check === 'storage');
    for (const evidence of [/connected to all 2 bricks/, /Nothing waits to be healed/])
      expect(whole).toContainEqual(
        expect.objectContaining({ level: 'ok', evidence: expect.stringMatching(evidence) }),
      );
    await cluster().peer(0).killBrick();
    try {
      await inContainer(host(), ['looked-at:/d'], 'touch /d/one /d/two');
      const down = cluster().peer(0);
      const seen = async () =>
        (await trouble()).find(({ evidence }) => evidence.includes('connected to 1 of 2 bricks'));
      const bricks = await host().eventually('the client has noticed', seen);
      expect(bricks.evidence).toMatch(new RegExp(`not to ${down.address}:\\S*/peer-0/bricks/gv0\\.$`));
      const found = await trouble();
      expect(found).toContainEqual(
        expect.objectContaining({ level: 'warning', evidence: expect.stringMatching(/degraded/) }),
      );
      expect(found).toContainEqual(
        expect.objectContaining({
          subject: 'driver holdfast, heal',
          evidence: expect.stringMatching(/^[1-9]\d* files and directories wait to be healed/),
          mend: expect.stringContaining('gluster volume heal gv0'),
        }),
      );
      // What it prints for a server is typed there.
      for (const command of commandsOf(found))
        await host().eventually(command, async () => {
          await cluster()
            .peer(1)
            .gluster(...command.split(' ').slice(1));
          return true;
        });
    } finally {
      await cluster().peer(0).startBrick();
    }
    await host().eventually('what the doctor prints mends it', async () => (await trouble()).length === 0);
  });

  for (const [trouble, end, back] of [
    ['is stopped', 'stop', 'start'],
    ['cannot be reached', 'cut', 'join'],
  ] as const) {
    test(`that ${trouble} when the volume is mounted is replaced by the second`, async () => {
      await createVolume(host(), end);
      await inContainer(host(), [`${end}:/d`], 'echo before > /d/file');
      await host().holdfast.stop();
      expect(await host().fuseClients()).toEqual([]);
      await cluster().peer(0)[end]();
      // A router would report the lost host. Without one, a client learns it from a new ARP request.
      await host().namespace.run('ip', 'neighbour', 'flush', 'dev', 'eth0');
      try {
        await host().holdfast.start();
        expect(await inContainer(host(), [`${end}:/d`], 'cat /d/file && echo after > /d/new')).toBe('before');
        const { health } = await statusOf(host(), end);
        expect(health).toMatchObject({ detail: expect.stringContaining(cluster().peer(0).address) });
      } finally {
        await cluster().peer(0)[back]();
        await cluster().healed();
      }
      expect(await inContainer(host(), [`${end}:/d`], 'cat /d/new')).toBe('after');
    });
  }

  for (const isolation of ['driver', 'volume'] as const) {
    test(`whose glusterd hangs is skipped by mounts with isolation=${isolation}, and named`, async () => {
      const name = `hung-${isolation}`;
      await createVolume(host(), name, `isolation=${isolation}`);
      await inContainer(host(), [`${name}:/d`], 'echo before > /d/file');
      await host().holdfast.stop();
      await cluster().peer(0).pauseGlusterd();
      try {
        await host().holdfast.start();
        const mounted = await mount(name, 'x');
        expect(errorOf(mounted)).toBe('');
        expect(mounted.took).toBeLessThan(deadline);
        expect(await inContainer(host(), [`${name}:/d`], 'cat /d/file && echo after > /d/new')).toBe(
          'before',
        );
        expect((await statusOf(host(), name)).health).toMatchObject({
          state: 'degraded',
          detail: expect.stringContaining(`${cluster().peer(0).address} does not answer`),
        });
        // The client of a completed mount is no longer a helper process.
        const clients = await host().fuseClients();
        await host().holdfast.kill();
        const read = () => host().namespace.run('cat', `${host().mountpoint(name)}/new`);
        expect((await read()).stdout).toBe('after\n');
        expect(await host().fuseClients()).toEqual(clients);
        await host().holdfast.start();
        await host().holdfast.call('VolumeDriver.Unmount', { Name: name, ID: 'x' });
      } finally {
        await cluster().peer(0).resumeGlusterd();
      }
      const isWell = async () => (await statusOf(host(), name)).health?.state === 'ok';
      await host().eventually('the state is shown', isWell);
      await cluster().healed();
    });
  }

  test("that hung during a volume's creation works for its first mount as soon as it is back", async () => {
    await host().holdfast.stop();
    await cluster().peer(0).pauseGlusterd();
    try {
      await host().holdfast.start();
      await createVolume(host(), 'missed', 'isolation=volume');
    } finally {
      await cluster().peer(0).resumeGlusterd();
    }
    // The daemon's own client reconnects to that brick only after three seconds.
    expect(await inContainer(host(), ['missed:/d'], 'echo here > /d/file && cat /d/file')).toBe('here');
    await cluster().healed();
  });

  for (const end of ['stop', 'kill'] as const) {
    test(`that hangs like all others when a client starts leaves no helper after the daemon's end (${end})`, async () => {
      await createVolume(host(), `late-${end}`, 'isolation=volume');
      await inContainer(host(), [`late-${end}:/d`], 'echo before > /d/file');
      const before = await host().fuseClients();
      // The servers hang while the state shown is still `ok`.
      const isWell = async () => (await statusOf(host(), `late-${end}`)).health?.state === 'ok';
      await host().eventually('the state is shown', isWell);
      await Promise.all(cluster().peers.map((peer) => peer.pauseGlusterd()));
      const isHelping = async () => (await host().fuseClients()).length > before.length;
      try {
        const mounting = mount(`late-${end}`, 'x').catch(() => undefined);
        await host().eventually('a helper runs', isHelping);
        await host().holdfast[end]();
        await host().eventually('no helper runs', async () => !(await isHelping()));
        await mounting;
      } finally {
        await Promise.all(cluster().peers.map((peer) => peer.resumeGlusterd()));
      }
      await host().holdfast.start();
      const read = () => inContainer(host(), [`late-${end}:/d`], 'cat /d/file');
      await host().eventually('it is mounted', async () => (await read()) === 'before');
    });
  }

  for (const cache of ['with', 'without'] as const) {
    test(`that is down like all others at the start does not keep the daemon from answering, ${cache} a cache`, async () => {
      const name = `${cache}-cache`;
      const call: TimedCall = (method, body) =>
        timed(() => host().holdfast.call(`VolumeDriver.${method}`, body));
      await createVolume(host(), name);
      await inContainer(host(), [`${name}:/d`], 'echo before > /d/file');
      await host().holdfast.stop();
      if (cache === 'without') await rm(`${host().folder}/state`, { recursive: true });
      await Promise.all(cluster().peers.map((peer) => peer.stop()));
      try {
        await host().holdfast.start();
        const list = await prompt(call, 'List', {});
        // Without a cache, it is an unknown name.
        const got = await prompt(call, 'Get', { Name: name }, cache === 'with' ? undefined : unknownNames);
        expect(list.body.includes(name)).toBe(cache === 'with');
        expect(got.body.includes(`"Name":"${name}"`)).toBe(cache === 'with');
        const refused = await call('Mount', { Name: name, ID: 'early' });
        expect(errorOf(refused)).toMatch(new RegExp(`${name}.*${cluster().peer(0).address}.*refuse`));
      } finally {
        await Promise.all(cluster().peers.map((peer) => peer.start()));
      }
      const works = async () => (await inContainer(host(), [`${name}:/d`], 'cat /d/file')) === 'before';
      await host().eventually('the volume is mounted', works);
    });
  }

  test('that is down like all others is reported, and containers continue once it is back', async () => {
    await createVolume(host(), 'waiting');
    await startContainer(host(), 'user', ['waiting:/d']);
    await host().docker('exec', 'user', 'sh', '-c', 'echo before > /d/file; sync');
    const clients = await host().fuseClients();
    await Promise.all(cluster().peers.map((peer) => peer.stop()));
    try {
      const isDown = async () =>
        /refused|bricks-down/.test((await statusOf(host(), 'waiting')).health?.state ?? '');
      await host().eventually('the state is shown', isDown);
      await expect(createVolume(host(), 'more')).rejects.toThrow(/more could not be/);
    } finally {
      await Promise.all(cluster().peers.map((peer) => peer.start()));
    }
    const read = () => host().docker('exec', 'user', 'cat', '/d/file');
    await host().eventually('the container reads on', async () => (await read()) === 'before');
    expect(await host().fuseClients()).toEqual(clients);
    const isWell = async () => (await statusOf(host(), 'waiting')).health?.state === 'ok';
    await host().eventually('the state is shown', isWell);
    await host().docker('rm', '--force', 'user');
    await isReleased(host(), 'waiting');
  });
});
