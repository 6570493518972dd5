import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from '@jest/globals';
import { storageTrouble } from '../../fakes/examined.ts';
import { type EbsHost, ebsDriverSettings } from '../../lab/ec2/ebs-host.ts';
import { busybox } from '../../lab/images.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, plain } from '../containers.ts';
import { lackedByEbs, requireSanity, sanityTakes, testWithSanity } from '../csi/csi-sanity.ts';
import { reloaded, reloadsDriver } from '../reload-drivers.ts';
import { createVolume } from '../volumes.ts';
import { csiSocket, realEbsHosts, useEbsHosts } from './use-hosts.ts';

describeWith(
  realEbsHosts,
  'an engine that names no driver, and a volume that another host created on EC2',
  () => {
    // Runs before the cleanup of the hosts, which needs EC2.
    afterEach(() => lab.endpoint().heal());
    const lab = useEbsHosts({ instances: [{ type: 'm5.large' }, { type: 'm5.large' }] });
    const a = () => lab.host(0);
    const b = () => lab.host(1);
    const refusal = {
      kind: 'error',
      code: 'UnauthorizedOperation',
      message: 'You are not authorized to perform this operation.',
      status: 403,
    } as const;
    const always = 10_000;

    const driverOf = ({ docker }: EbsHost, name: string) =>
      docker('volume', 'inspect', '--format', '{{.Driver}}', name);
    const create = ({ engine }: EbsHost, ...flags: readonly string[]) =>
      engine.tryDocker('create', '--name', 'user', ...plain, ...flags, busybox, 'true');
    const get = async (name: string) => {
      const answer = await b().holdfast.call('VolumeDriver.Get', { Name: name });
      return { status: answer.status, words: String(JSON.parse(answer.body).Err) };
    };

    testWithSanity('is as csi-sanity wants it', async () => {
      const { namespace, folder } = a();
      const at = {
        run: namespace.runWithin(sanityTakes),
        readText: (path: string) => readFile(path, 'utf8'),
      };
      const run = {
        folder: `${folder}/sanity`,
        socket: csiSocket,
        mutable: { type: 'gp3', throughput: '250' },
      };
      await requireSanity(at, { ...run, lacking: lackedByEbs });
    });

    test('and a role that lacks an action: the doctor names it until the policy has it', async () => {
      const trouble = () => storageTrouble(a().holdfast, `${a().folder}/config.yaml`);
      lab.endpoint().fail('AttachVolume', refusal, always);
      const found = await trouble();
      for (const driver of ['holdfast', 'witnessed'])
        expect(found).toContainEqual(
          expect.objectContaining({
            level: 'failure',
            subject: `driver ${driver}, IAM`,
            evidence: 'The role of this host is not allowed ec2:AttachVolume.',
            mend: expect.stringContaining('Add ec2:AttachVolume to its policy'),
          }),
        );
      lab.endpoint().heal();
      expect(await trouble()).toEqual([]);
    });

    test('gets that volume if EC2 takes 700 ms to answer', async () => {
      await createVolume(a(), 'slow', 'size=1');
      await inContainer(a(), ['slow:/d'], 'echo from a > /d/file');
      lab.endpoint().fail('DescribeVolumes', { kind: 'slow', milliseconds: 700 }, always);
      expect((await create(b(), '-v', 'slow:/d')).exitCode).toBe(0);
      expect(await driverOf(b(), 'slow')).toBe('holdfast');
      lab.endpoint().heal();
      expect(await inContainer(b(), ['slow:/d'], 'cat /d/file')).toBe('from a');
    });

    test('gets a volume that it knew before EC2 refused all requests, and Get does not report others as missing', async () => {
      await createVolume(a(), 'known', 'size=1');
      expect(await driverOf(b(), 'known')).toBe('holdfast');
      await createVolume(a(), 'unseen', 'size=1');
      lab.endpoint().fail('DescribeVolumes', refusal, always);
      expect((await create(b(), '-v', 'known:/d')).exitCode).toBe(0);
      expect(await driverOf(b(), 'known')).toBe('holdfast');
      const unseen = await get('unseen');
      expect(unseen.status).toBeGreaterThanOrEqual(500);
      expect(unseen.words).toMatch(
        /^Cannot tell whether volume unseen exists in driver holdfast: .*UnauthorizedOperation/s,
      );
      await b().docker('rm', 'user');
      lab.endpoint().heal();
    });

    test('creates no volume of its own if the driver is named, even if EC2 refuses', async () => {
      await createVolume(a(), 'named', 'size=1');
      lab.endpoint().fail('DescribeVolumes', refusal, always);
      const ways = [
        ['-v', 'named:/d', '--volume-driver', 'holdfast'],
        ['--mount', 'type=volume,src=named,dst=/d,volume-driver=holdfast'],
      ];
      for (const flags of ways) {
        const created = await create(b(), ...flags);
        if (created.exitCode === 0) {
          // This host heard of the volume just before EC2 refused.
          expect(await driverOf(b(), 'named')).toBe('holdfast');
          await b().docker('rm', 'user');
        } else expect(created.stderr).toContain('UnauthorizedOperation');
      }
      lab.endpoint().heal();
      expect((await create(b(), '-v', 'named:/d')).exitCode).toBe(0);
      expect(await driverOf(b(), 'named')).toBe('holdfast');
    });

    test('knows it within a minute', async () => {
      await createVolume(a(), 'heard', 'size=1');
      const isListed = async () => {
        const { body } = await b().holdfast.call('VolumeDriver.List', {});
        return JSON.stringify(JSON.parse(body)).includes('"heard"');
      };
      await b().eventually('the other host lists it', isListed);
    });

    // The last test: the engine keeps asking for the removed driver, which takes 15 s at each list of volumes.
    test('lives with a driver of EBS that a reload adds, changes and removes while a container writes to another', () =>
      reloadsDriver(
        reloaded(a()),
        { backend: 'ebs', settings: { ...ebsDriverSettings, onRemove: 'delete' } },
        'size=1',
      ));
  },
);
