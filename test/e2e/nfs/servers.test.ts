import { expect, test } from '@jest/globals';
import { storageTrouble } from '../../fakes/examined.ts';
import { firstOf, isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type Appender, lines, startAppender } from '../appender.ts';
import { inContainer } from '../containers.ts';
import { prompt, requireAsFast, speedOf, type TimedCall, unknownNames } from '../speed.ts';
import { errorOf, statusOf } from '../trouble.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from './use-hosts.ts';

const rounds = 15;
/** Holdfast's deadline for a Mount, in milliseconds. */
const deadline = 110_000;
/** Milliseconds after which a stopping daemon ends by force. */
const stopDeadline = 15_000;
const versions = ['4.2', '3'] as const;
type Version = (typeof versions)[number];
const driverOf: Readonly<Record<Version, string>> = { '4.2': 'holdfast', '3': 'old' };
const shareOf: Readonly<Record<Version, string>> = { '4.2': 'volumes', '3': 'old' };

describeWith(realNfsHosts, 'an NFS server', () => {
  const { host, server, nfs, network } = useNfsHosts({
    hosts: 1,
    shares: Object.values(shareOf),
    drivers: {
      holdfast: nfsDriver(shareOf['4.2']),
      old: nfsDriver(shareOf['3'], { version: '3' }),
      own: { backend: 'local', settings: { root: '/var/lib/holdfast/volumes' } },
    },
  });

  async function create(version: Version, name: string): Promise<string> {
    const volume = `${name}-${driverOf[version]}`;
    await host().docker('volume', 'create', `--driver=${driverOf[version]}`, volume);
    return volume;
  }

  const own: TimedCall = (method, body) => host().call('own', method, body);
  const speed = () => speedOf(own, 'beside', rounds);

  /** Without a cache, the name is unknown. */
  async function answersFromMemory(version: Version, volume: string, cache = 'with'): Promise<void> {
    const call: TimedCall = (method, body) => host().call(driverOf[version], method, body);
    await prompt(call, 'Get', { Name: volume }, cache === 'with' ? undefined : unknownNames);
    await prompt(call, 'List', {});
  }

  /** Only the server knows whether an unknown name exists. Once it is known to be down, the error comes soon. */
  async function doesNotKnowNobody(version: Version): Promise<void> {
    const call: TimedCall = (method, body) => host().call(driverOf[version], method, body);
    const answer = await prompt(call, 'Get', { Name: 'nobody' }, unknownNames);
    expect(errorOf(answer)).toContain('Cannot tell whether volume nobody exists');
  }

  const troubles = {
    stopped: [() => nfs().stop(), () => nfs().start(), /refused/],
    hanging: [() => server().pause(), () => server().resume(), /no-reply|no answer|unreachable/],
    'cut off': [() => network().cut(0), () => network().join(0), /no-reply|no answer|unreachable/],
  } as const;
  /** A disconnected server behaves like one that hangs. One that is stopped is also tried below. */
  const isTried = (trouble: string) => isWhole || trouble === 'hanging';

  for (const [trouble, [begin, end, words]] of Object.entries(troubles)) {
    if (!isTried(trouble)) continue;
    test(`that is ${trouble} is reported within the deadline, does not delay others, and loses no write`, async () => {
      const writing: Writing[] = [];
      for (const version of versions) {
        const volume = await create(version, trouble.replace(' ', '-'));
        writing.push({ version, volume, appender: await startAppender(host(), volume, volume) });
      }
      await host().call('own', 'Create', { Name: 'beside' });
      await speed();
      const before = await speed();
      await begin();
      try {
        // A call that starts before the trouble is known waits for its timeout. Only the hanging server is tested so.
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
        for (const version of versions) await doesNotKnowNobody(version);
        if (trouble === 'hanging') await isExamined(words);
      } finally {
        await end();
      }
      for (const { volume, appender } of writing) {
        await appender.appendsOn();
        const acknowledged = await appender.end();
        expect(await appender.failed()).toEqual([]);
        const found = lines(await inContainer(host(), [`${volume}:/d`], 'cat /d/lines'));
        expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
      }
    });
  }

  /** The doctor answers although the server does not. */
  async function isExamined(words: RegExp): Promise<void> {
    const subject = 'driver holdfast, server guest0';
    expect(await storageTrouble(host().holdfast, '/run/holdfast.yaml')).toContainEqual(
      expect.objectContaining({ level: 'failure', subject, evidence: expect.stringMatching(words) }),
    );
  }

  async function isShown(writing: readonly Writing[], state: RegExp): Promise<void> {
    for (const { volume } of writing) {
      const shown = async () => state.test((await statusOf(host(), volume)).health?.state ?? '');
      await host().eventually(`the state of ${volume} is shown`, shown);
    }
  }

  for (const cache of firstOf(['without', 'with'] as const)) {
    test(`that is down at the start does not keep the daemon from answering, ${cache} a cache`, async () => {
      const volume = await create('4.2', `${cache}-cache`);
      await inContainer(host(), [`${volume}:/d`], 'echo before > /d/file');
      await host().holdfast.stop();
      if (cache === 'without') await host().guest.output('rm', ['-r', `${host().folder}/state`]);
      await nfs().stop();
      try {
        await host().holdfast.start();
        await answersFromMemory('4.2', volume, cache);
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

  test('that is gone forever does not prevent removing containers, or stopping and starting Holdfast', async () => {
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
      expect(performance.now() - began).toBeLessThan(stopDeadline);
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
