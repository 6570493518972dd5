import { readFile, rm } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { lines, startAppender } from './appender.ts';
import { inContainer, startContainer } from './containers.ts';
import { errorOf, statusOf, timed } from './trouble.ts';
import { realGlusterHosts, useGlusterHosts } from './use-gluster-hosts.ts';
import { createVolume, isReleased } from './volumes.ts';

/** Milliseconds: what an answer from memory takes at most on a slow machine. */
const atOnce = 1_000;

/** Milliseconds for a test: servers take their time to come back. */
const patience = 120_000;

describeWith(realGlusterHosts, 'a GlusterFS server', () => {
  const { cluster, host } = useGlusterHosts({ hosts: 1 });

  test(
    'may lose its brick while a container writes, which then has every byte on both',
    async () => {
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
    },
    patience,
  );

  for (const [trouble, end, back] of [
    ['is stopped', 'stop', 'start'],
    ['cannot be reached', 'cut', 'join'],
  ] as const) {
    test(
      `that ${trouble} when the volume is mounted is stood in for by the second`,
      async () => {
        await createVolume(host(), end);
        await inContainer(host(), [`${end}:/d`], 'echo before > /d/file');
        await host().holdfast.stop();
        expect(await host().fuseClients()).toEqual([]);
        await cluster().peer(0)[end]();
        // A router says so; without one, a client learns it by asking anew where the server is.
        await host().namespace.run('ip', 'neighbour', 'flush', 'dev', 'eth0');
        try {
          await host().holdfast.start();
          expect(await inContainer(host(), [`${end}:/d`], 'cat /d/file && echo after > /d/new')).toBe(
            'before',
          );
          const { health } = await statusOf(host(), end);
          expect(health).toMatchObject({ detail: expect.stringContaining(cluster().peer(0).address) });
        } finally {
          await cluster().peer(0)[back]();
          await cluster().healed();
        }
        expect(await inContainer(host(), [`${end}:/d`], 'cat /d/new')).toBe('after');
      },
      patience,
    );
  }

  for (const cache of ['with', 'without'] as const) {
    test(
      `that is down like all others at the start keeps no daemon from answering, ${cache} a cache`,
      async () => {
        const name = `${cache}-cache`;
        const call = (method: string, body: unknown) =>
          timed(() => host().holdfast.call(`VolumeDriver.${method}`, body));
        await createVolume(host(), name);
        await inContainer(host(), [`${name}:/d`], 'echo before > /d/file');
        await host().holdfast.stop();
        if (cache === 'without') await rm(`${host().folder}/state`, { recursive: true });
        await Promise.all(cluster().peers.map((peer) => peer.stop()));
        try {
          await host().holdfast.start();
          const list = await call('List', {});
          const got = await call('Get', { Name: name });
          for (const { took } of [list, got]) expect(took).toBeLessThan(atOnce);
          expect(list.body.includes(name)).toBe(cache === 'with');
          expect(got.body.includes(`"Name":"${name}"`)).toBe(cache === 'with');
          const refused = await call('Mount', { Name: name, ID: 'early' });
          expect(errorOf(refused)).toMatch(new RegExp(`${name}.*${cluster().peer(0).address}.*refuse`));
        } finally {
          await Promise.all(cluster().peers.map((peer) => peer.start()));
        }
        const works = async () => (await inContainer(host(), [`${name}:/d`], 'cat /d/file')) === 'before';
        await host().eventually('the volume is mounted', works, 30_000);
      },
      patience,
    );
  }

  test(
    'that is down like all others is told of, and containers go on once it is back',
    async () => {
      await createVolume(host(), 'waiting');
      await startContainer(host(), 'user', ['waiting:/d']);
      await host().docker('exec', 'user', 'sh', '-c', 'echo before > /d/file; sync');
      const clients = await host().fuseClients();
      await Promise.all(cluster().peers.map((peer) => peer.stop()));
      try {
        const isDown = async () =>
          /refused|bricks-down/.test((await statusOf(host(), 'waiting')).health?.state ?? '');
        await host().eventually('the state is shown', isDown, 30_000);
        await expect(createVolume(host(), 'more')).rejects.toThrow(/more could not be/);
      } finally {
        await Promise.all(cluster().peers.map((peer) => peer.start()));
      }
      const read = () => host().docker('exec', 'user', 'cat', '/d/file');
      await host().eventually('the container reads on', async () => (await read()) === 'before', 30_000);
      expect(await host().fuseClients()).toEqual(clients);
      const isWell = async () => (await statusOf(host(), 'waiting')).health?.state === 'ok';
      await host().eventually('the state is shown', isWell, 30_000);
      await host().docker('rm', '--force', 'user');
      await isReleased(host(), 'waiting');
    },
    patience,
  );
});
