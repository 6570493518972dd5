import { expect, jest, test } from '@jest/globals';
import { describeWith } from '../lab/requirements.ts';
import { type Appender, lines, startAppender } from './appender.ts';
import { inContainer } from './containers.ts';
import { errorOf, statusOf } from './trouble.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from './use-nfs-hosts.ts';

/** Milliseconds: what an answer from memory takes at most on a slow machine. */
const atOnce = 1_500;
/** Milliseconds that a noisy machine may add to a median of few. */
const slack = 30;
const rounds = 15;
/** Of Docker for a Mount, in milliseconds. */
const deadline = 110_000;
/** Milliseconds: a server is asked every ten seconds, and a client of TCP tries again after as many. */
const nextLook = 60_000;
const versions = ['4.2', '3'] as const;
type Version = (typeof versions)[number];
const driverOf: Readonly<Record<Version, string>> = { '4.2': 'holdfast', '3': 'old' };
const shareOf: Readonly<Record<Version, string>> = { '4.2': 'volumes', '3': 'old' };

// A container starts in a second in a guest, and in five on a busy machine.
jest.setTimeout(180_000);

describeWith(realNfsHosts, 'an NFS server', () => {
  const { host, server, nfs, network } = useNfsHosts({
    hosts: 1,
    shares: Object.values(shareOf),
    drivers: {
      holdfast: nfsDriver(shareOf['4.2']),
      old: nfsDriver(shareOf['3'], { version: '3' }),
      local: { backend: 'local', settings: { root: '/var/lib/holdfast/volumes' } },
    },
  });

  async function create(version: Version, name: string): Promise<string> {
    const volume = `${name}-${driverOf[version]}`;
    await host().docker('volume', 'create', `--driver=${driverOf[version]}`, volume);
    return volume;
  }

  /** Of the driver `local`: medians in milliseconds, by method. */
  async function speed(): Promise<ReadonlyMap<string, number>> {
    const seen = new Map<string, number[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const method of ['Mount', 'Get', 'List', 'Unmount']) {
        const { took, status } = await host().call('local', method, { Name: 'beside', ID: 'timed' });
        expect(status).toBe(200);
        seen.set(method, [...(seen.get(method) ?? []), took]);
      }
    }
    return new Map([...seen].map(([method, times]) => [method, median(times)]));
  }

  async function answersFromMemory(version: Version, volume: string): Promise<void> {
    for (const [method, name] of [
      ['Get', volume],
      ['List', ''],
      ['Get', 'nobody'],
    ] as const) {
      const answer = await host().call(driverOf[version], method, { Name: name });
      expect({ method, name, isLate: answer.took > atOnce }).toMatchObject({ isLate: false });
    }
  }

  const troubles = {
    stopped: [() => nfs().stop(), () => nfs().start(), /refused/],
    hanging: [() => server().pause(), () => server().resume(), /no-reply|no answer/],
    'cut off': [() => network().cut(0), () => network().join(0), /no-reply|no answer|unreachable/],
  } as const;

  for (const [trouble, [begin, end, words]] of Object.entries(troubles)) {
    test(`that is ${trouble} is told of within the deadline, holds up nobody else, and loses no write`, async () => {
      const writing: Writing[] = [];
      for (const version of versions) {
        const volume = await create(version, trouble.replace(' ', '-'));
        writing.push({ version, volume, appender: await startAppender(host(), volume, volume) });
      }
      await host().call('local', 'Create', { Name: 'beside' });
      await speed();
      const before = await speed();
      await begin();
      try {
        // What begins before anybody knows waits until its own patience is over: once is enough.
        if (trouble !== 'hanging') await isShown(writing, /refused|no-reply|unreachable/);
        const mounting = writing.map(({ version, volume }) =>
          host().call(driverOf[version], 'Mount', { Name: volume, ID: 'another' }),
        );
        requireAsFast(before, await speed());
        for (const { version, volume } of writing) await answersFromMemory(version, volume);
        for (const [place, { version, volume }] of writing.entries()) {
          const answer = await mounting[place];
          expect(answer?.took).toBeLessThan(deadline);
          expect(answer?.body).toMatch(new RegExp(`${volume}.*guest0:/srv/${shareOf[version]}`));
          expect(answer?.body).toMatch(words);
        }
        await isShown(writing, /refused|no-reply|unreachable/);
      } finally {
        await end();
      }
      for (const { volume, appender } of writing) {
        await appender.appendsOn(nextLook);
        const acknowledged = await appender.end();
        expect(await appender.failed()).toEqual([]);
        const found = lines(await inContainer(host(), [`${volume}:/d`], 'cat /d/lines'));
        expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
      }
    });
  }

  async function isShown(writing: readonly Writing[], state: RegExp): Promise<void> {
    for (const { volume } of writing) {
      const shown = async () => state.test((await statusOf(host(), volume)).health?.state ?? '');
      await host().eventually(`the state of ${volume} is shown`, shown, nextLook);
    }
  }

  for (const cache of ['with', 'without'] as const) {
    test(`that is down at the start keeps no daemon from answering, ${cache} a cache`, async () => {
      const volume = await create('4.2', `${cache}-cache`);
      await inContainer(host(), [`${volume}:/d`], 'echo before > /d/file');
      await host().holdfast.stop();
      if (cache === 'without') await host().guest.output('rm', ['-r', `${host().folder}/state`]);
      await nfs().stop();
      try {
        await host().holdfast.start();
        await answersFromMemory('4.2', volume);
        const listed = await host().call('holdfast', 'List', {});
        expect(listed.body.includes(volume)).toBe(cache === 'with');
        const refused = await host().call('holdfast', 'Mount', { Name: volume, ID: 'early' });
        expect(errorOf(refused)).toMatch(new RegExp(`${volume}.*guest0:/srv/volumes.*refused`));
      } finally {
        await nfs().start();
      }
      expect(await inContainer(host(), [`${volume}:/d`], 'cat /d/file')).toBe('before');
    });
  }

  test('that is gone for good keeps nobody from removing containers, nor Holdfast from stopping and starting', async () => {
    const volume = await create('4.2', 'orphan');
    await startAppender(host(), 'orphaned', volume);
    await nfs().stop();
    try {
      await host().holdfast.stop();
      await host().holdfast.start();
      await answersFromMemory('4.2', volume);
      expect((await host().call('holdfast', 'List', {})).body).toContain(volume);
      await host().docker('rm', '--force', 'orphaned');
      const isReleased = async () => !(await host().isMounted(volume));
      await host().eventually('the volume is released', isReleased);
      const refused = await host().call('holdfast', 'Remove', { Name: volume });
      expect(errorOf(refused)).toMatch(new RegExp(`${volume}.*guest0:/srv/volumes.*refused`));
      const began = performance.now();
      await host().holdfast.stop();
      expect(performance.now() - began).toBeLessThan(20_000);
    } finally {
      await nfs().start();
    }
    await host().holdfast.start();
    expect(await inContainer(host(), [`${volume}:/d`], 'head -n 1 /d/lines')).toBe('1');
  });
});

interface Writing {
  readonly version: Version;
  readonly volume: string;
  readonly appender: Appender;
}

/** Medians by method. */
function requireAsFast(before: ReadonlyMap<string, number>, during: ReadonlyMap<string, number>): void {
  for (const [method, usual] of before) {
    const now = during.get(method) ?? 0;
    expect({ method, usual, now, isSlower: now > 2 * usual + slack }).toMatchObject({ isSlower: false });
  }
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
