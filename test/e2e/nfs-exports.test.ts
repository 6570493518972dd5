import { expect, jest, test } from '@jest/globals';
import { startNfsServer } from '../lab/guest/nfs-server.ts';
import { busybox } from '../lab/images.ts';
import { describeWith } from '../lab/requirements.ts';
import { inContainer, plain, startContainer } from './containers.ts';
import { errorOf, logged, mustRestart, statusOf } from './trouble.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from './use-nfs-hosts.ts';
import { createVolume } from './volumes.ts';

/** Milliseconds: the server is asked every ten seconds, and the reaper makes its round every three. */
const nextLook = 40_000;
const open = 'rw,no_root_squash,insecure,no_subtree_check';

// A container starts in a second in a guest, and in five on a busy machine.
jest.setTimeout(180_000);

describeWith(realNfsHosts, 'an export of an NFS server', () => {
  const { host, server, nfs, share } = useNfsHosts({
    hosts: 1,
    shares: ['volumes', 'old', 'squashed', 'timed'],
    drivers: {
      holdfast: nfsDriver('volumes'),
      old: nfsDriver('old', { version: '3' }),
      squashed: nfsDriver('squashed'),
      timed: nfsDriver('timed', { mountOptions: 'timeo=70' }),
      alone: nfsDriver('timed', { mountOptions: 'timeo=70,nosharecache' }),
    },
  });

  test('with root_squash has volumes of nobody, and says what others need', async () => {
    await nfs().export({ path: '/srv/squashed', options: 'rw,root_squash,insecure,no_subtree_check' });
    await server().output('chown', ['65534:65534', '/srv/squashed']);
    const refused = await host().call('squashed', 'Create', { Name: 'roots' });
    expect(errorOf(refused)).toMatch(/roots.*the server does not let root do this.*no_root_squash/);
    const owner = ['-o', 'uid=65534', '-o', 'gid=65534'];
    await host().docker('volume', 'create', '--driver=squashed', ...owner, 'nobodys');
    const command = 'echo text > /d/file && stat -c %u:%g /d /d/file';
    expect(await inContainer(host(), ['nobodys:/d'], command)).toBe('65534:65534\n65534:65534');
  });

  test('that is read-only refuses new volumes with the reason, and is read', async () => {
    await createVolume(host(), 'given');
    await inContainer(host(), ['given:/d'], 'echo before > /d/file');
    await nfs().export({ path: '/srv/volumes', options: open.replace('rw', 'ro') });
    try {
      const refused = await host().call('holdfast', 'Create', { Name: 'one-more' });
      expect(errorOf(refused)).toMatch(/one-more.*the share is read-only, guest0:\/srv\/volumes/);
      const command = 'cat /d/file; touch /d/new 2>&1 || true';
      expect(await inContainer(host(), ['given:/d'], command)).toMatch(/^before\n.*Read-only/);
    } finally {
      await nfs().export({ path: '/srv/volumes', options: open });
    }
    expect(await inContainer(host(), ['given:/d'], 'touch /d/new && ls /d')).toBe('file\nnew');
  });

  test('that is full is told of by Create and by writes, and works again once there is space', async () => {
    await createVolume(host(), 'crowded');
    await share().fill();
    try {
      const write = ['dd', 'if=/dev/zero', 'of=/d/large', 'bs=1M', 'count=1', 'conv=fsync'];
      const full = await host().engine.tryDocker(
        'run',
        '--rm',
        ...plain,
        '-v',
        'crowded:/d',
        busybox,
        ...write,
      );
      expect(full.exitCode).not.toBe(0);
      expect(full.stderr).toContain('No space left on device');
      const refused = await host().call('holdfast', 'Create', { Name: 'one-more' });
      expect(errorOf(refused)).toMatch(/one-more.*the share is full, guest0:\/srv\/volumes/);
    } finally {
      await share().empty();
    }
    expect(errorOf(await host().call('holdfast', 'Create', { Name: 'one-more' }))).toBe('');
    expect(await inContainer(host(), ['crowded:/d'], 'echo text > /d/file && cat /d/file')).toBe('text');
  });

  test.each([
    ['4.2', 'holdfast', 'volumes', 77],
    ['3', 'old', 'old', 78],
  ])(
    'over NFS %s that is another one since shows new containers the data, and names those to be restarted',
    async (_, driver, name, fsid) => {
      const volume = `stale-${driver}`;
      await host().docker('volume', 'create', `--driver=${driver}`, volume);
      const running = await startContainer(host(), `running-${driver}`, [`${volume}:/d`]);
      await host().docker('exec', running, 'sh', '-c', 'echo before > /d/file');
      await nfs().export({ path: `/srv/${name}`, fsid });
      const read = async () => (await inContainer(host(), [`${volume}:/d`], 'cat /d/file')) === 'before';
      await host().eventually('a new container has the data', read, nextLook);
      await isNamed(volume, running);
      await host().docker('restart', running);
      expect(await host().docker('exec', running, 'cat', '/d/file')).toBe('before');
      const nobody = async () => (await mustRestart(host(), volume)).length === 0;
      await host().eventually('nobody is named any more', nobody, nextLook);
    },
  );

  test('with a directory made anew shows it to new containers', async () => {
    await createVolume(host(), 'restored');
    const running = await startContainer(host(), 'running', ['restored:/d']);
    await host().docker('exec', running, 'sh', '-c', 'echo before > /d/file');
    const restore = 'cp -a restored kept; rm -r restored; mv kept restored';
    await server().output('sh', ['-ec', restore], { cwd: '/srv/volumes' });
    const read = async () => (await inContainer(host(), ['restored:/d'], 'cat /d/file')) === 'before';
    await host().eventually('a new container has the data', read, nextLook);
    await isNamed('restored', running);
  });

  /** Everywhere where somebody on call may look. */
  async function isNamed(volume: string, container: string): Promise<void> {
    expect(await mustRestart(host(), volume)).toEqual([container]);
    expect(await host().holdfast.command('volume', 'inspect', volume)).toMatch(
      new RegExp(`Must restart\\s+container ${container.slice(0, 12)}`),
    );
    const events = await logged(host(), 'containers-must-restart');
    expect(events.at(-1)).toMatchObject({ volume, users: expect.stringContaining(container.slice(0, 12)) });
  }

  test('that an operator mounted first with other options is refused, unless with nosharecache', async () => {
    await host().holdfast.stop();
    const { guest } = host();
    await guest.output('mkdir', ['-p', '/mnt/own']);
    await guest.output('mount', ['-t', 'nfs', '-o', 'vers=4.2,timeo=50', 'guest0:/srv/timed', '/mnt/own']);
    await host().holdfast.start();
    try {
      const refused = errorOf(await host().call('timed', 'Create', { Name: 'trapped' }));
      expect(refused).toMatch(/trapped.*guest0:\/srv\/timed.*timeo=70.*timeo=50.*nosharecache/);
      expect(errorOf(await host().call('alone', 'Create', { Name: 'free' }))).toBe('');
      expect(errorOf(await host().call('alone', 'Mount', { Name: 'free', ID: 'x' }))).toBe('');
      const mounted = await guest.output('findmnt', [
        '-no',
        'OPTIONS',
        '/var/lib/holdfast/mounts/alone/free',
      ]);
      expect(mounted).toContain('timeo=70,');
      await host().call('alone', 'Unmount', { Name: 'free', ID: 'x' });
      expect(errorOf(await host().call('alone', 'Remove', { Name: 'free' }))).toBe('');
    } finally {
      await guest.output('umount', ['/mnt/own']);
    }
    expect(errorOf(await host().call('timed', 'Create', { Name: 'trapped' }))).toBe('');
    expect(errorOf(await host().call('timed', 'Remove', { Name: 'trapped' }))).toBe('');
  });

  test.each([
    ['3', 'holdfast', 'NFS 3, and no NFS 4'],
    ['4.2', 'old', 'NFS 4, and no NFS 3'],
  ] as const)(
    'of a server that has only NFS %s is refused to the driver %s with what it has',
    async (served, driver, words) => {
      await host().docker('volume', 'create', `--driver=${driver}`, `misfit-${driver}`);
      await host().holdfast.stop();
      await nfs().stop();
      const exports = ['volumes', 'old'].map((name) => ({ path: `/srv/${name}` }));
      const other = await startNfsServer(server(), { exports, versions: [served] });
      try {
        await host().holdfast.start();
        const refused = await host().call(driver, 'Mount', { Name: `misfit-${driver}`, ID: 'x' });
        expect(errorOf(refused)).toMatch(new RegExp(`misfit-${driver}.*guest0.*wrong-version.*${words}`));
      } finally {
        await other.stop();
        await nfs().start();
      }
      expect(await inContainer(host(), [`misfit-${driver}:/d`], 'touch /d/file && ls /d')).toBe('file');
    },
  );

  test('of a slow server works, and is shown to be slow', async () => {
    await createVolume(host(), 'patient');
    await server().output('sh', ['-ec', 'modprobe sch_netem; tc qdisc add dev vec0 root netem delay 1300ms']);
    try {
      const isSlow = async () => (await statusOf(host(), 'patient')).health?.state === 'slow';
      await host().eventually('it is shown', isSlow, nextLook);
      expect(errorOf(await host().call('holdfast', 'Mount', { Name: 'patient', ID: 'x' }))).toBe('');
      await host().call('holdfast', 'Unmount', { Name: 'patient', ID: 'x' });
    } finally {
      await server().output('tc', ['qdisc', 'del', 'dev', 'vec0', 'root']);
    }
    const isWell = async () => (await statusOf(host(), 'patient')).health?.state === 'ok';
    await host().eventually('it is well again', isWell, nextLook);
  });
});
