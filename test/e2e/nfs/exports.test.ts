import { expect, test } from '@jest/globals';
import { storageTrouble } from '../../fakes/examined.ts';
import { busybox } from '../../lab/images.ts';
import { firstOf, isWhole } from '../../lab/jest/whole.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer, plain, startContainer } from '../containers.ts';
import { lackedByFiles, requireSanity, sanityTakes, testWithSanity } from '../csi/csi-sanity.ts';
import { reloadsDriver } from '../reload-drivers.ts';
import { errorOf, logged, mustRestart } from '../trouble.ts';
import { commandsOf } from '../troubles/mending.ts';
import { createVolume } from '../volumes.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from './use-hosts.ts';

const open = 'rw,no_root_squash,insecure,no_subtree_check';

const socket = '/run/csi/csi.sock';
const csi = { endpoint: `unix://${socket}`, name: 'nfs.csi.holdfast.test', nodeId: 'guest1' };
const shares = ['volumes', 'old', 'squashed', 'timed', 'later'];

describeWith(realNfsHosts, 'an export of an NFS server', () => {
  const { host, server, nfs, share } = useNfsHosts({
    hosts: 1,
    shares,
    drivers: {
      holdfast: { ...nfsDriver('volumes'), csi },
      old: nfsDriver('old', { version: '3' }),
      squashed: nfsDriver('squashed'),
      timed: nfsDriver('timed', { mountOptions: 'timeo=70' }),
      alone: nfsDriver('timed', { mountOptions: 'timeo=70,nosharecache' }),
    },
  });

  testWithSanity('has volumes as csi-sanity wants them', async () => {
    const { guest } = host();
    const at = {
      run: (program: string, ...args: readonly string[]) => guest.run(program, args, { within: sanityTakes }),
      readText: guest.read,
    };
    const parameters = { sizeMode: 'advisory' };
    const mutable = { noexec: 'true' };
    const run = { folder: '/run/sanity', socket, parameters, mutable, lacking: lackedByFiles };
    await requireSanity(at, run);
  });

  test('with root_squash has volumes of the user nobody, and says what other owners need', async () => {
    await nfs().export({ path: '/srv/squashed', options: 'rw,root_squash,insecure,no_subtree_check' });
    await server().output('chown', ['65534:65534', '/srv/squashed']);
    const refused = await host().call('squashed', 'Create', { Name: 'roots' });
    expect(errorOf(refused)).toMatch(/roots.*the server does not let root do this.*no_root_squash/);
    const owner = ['-o', 'uid=65534', '-o', 'gid=65534'];
    await host().docker('volume', 'create', '--driver=squashed', ...owner, 'nobodys');
    const command = 'echo text > /d/file && stat -c %u:%g /d /d/file';
    expect(await inContainer(host(), ['nobodys:/d'], command)).toBe('65534:65534\n65534:65534');
    const found = (await storageTrouble(host().holdfast, '/run/holdfast.yaml')).filter(
      ({ subject }) => subject === 'driver squashed, root',
    );
    expect(found).toEqual([
      expect.objectContaining({ level: 'warning', mend: expect.stringContaining('no_root_squash') }),
    ]);
    // As it says: first the file, then the command.
    const line = (name: string, place: number) => `/srv/${name} *(${open},fsid=${place + 1})\n`;
    await server().write('/etc/exports', shares.map(line).join(''));
    for (const command of commandsOf(found)) await server().output('sh', ['-c', command]);
    const subjects = (await storageTrouble(host().holdfast, '/run/holdfast.yaml')).map(
      ({ subject }) => subject,
    );
    expect(subjects).not.toContain('driver squashed, root');
    await server().write('/etc/exports', '');
    await nfs().export({ path: '/srv/squashed', options: open });
  });

  test('that is read-only refuses new volumes with the reason, and can be read', async () => {
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

  test.each([
    ['4.2', 'holdfast', 'alone'],
    ['3', 'old', 'with all others'],
    ...(isWhole
      ? [
          ['4.2', 'holdfast', 'with all others'],
          ['3', 'old', 'alone'],
        ]
      : []),
  ])(
    'that is withdrawn from a client of NFS %s (%s, %s) is not confused with one with root_squash',
    async (_, driver, how) => {
      const volume = `kept-${driver}`;
      await host().docker('volume', 'create', `--driver=${driver}`, volume);
      await inContainer(host(), [`${volume}:/d`], 'echo before > /d/file');
      const own = driver === 'old' ? 'old' : 'volumes';
      const names = how === 'alone' ? [own] : shares;
      for (const name of names) await nfs().withdraw(`/srv/${name}`);
      try {
        const refused = errorOf(await host().call(driver, 'Create', { Name: 'one-more' }));
        expect(refused).toMatch(new RegExp(`one-more.*guest0:/srv/${own}.*exportfs -v`));
        expect(refused).not.toMatch(/root_squash/);
      } finally {
        // Each share gets its previous fsid: its place in the list.
        for (const [place, name] of shares.entries())
          if (names.includes(name))
            await nfs().export({ path: `/srv/${name}`, options: open, fsid: place + 1 });
      }
      const read = async () => (await inContainer(host(), [`${volume}:/d`], 'cat /d/file')) === 'before';
      await host().eventually('it is there again', read);
    },
  );

  test('that is full makes Create and writes fail, and works again once there is space', async () => {
    await createVolume(host(), 'crowded');
    await createVolume(host(), 'unwanted');
    await inContainer(host(), ['unwanted:/d'], 'echo precious > /d/file');
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
      await host().docker('volume', 'rm', 'unwanted');
    } finally {
      await share().empty();
    }
    expect(errorOf(await host().call('holdfast', 'Create', { Name: 'one-more' }))).toBe('');
    await host().holdfast.command('volume', 'undelete', '--driver', 'holdfast', 'unwanted');
    expect(await inContainer(host(), ['unwanted:/d'], 'cat /d/file')).toBe('precious');
    expect(await inContainer(host(), ['crowded:/d'], 'echo text > /d/file && cat /d/file')).toBe('text');
  });

  test.each(
    firstOf([
      ['4.2', 'holdfast', 'volumes', 77],
      ['3', 'old', 'old', 78],
    ] as const),
  )(
    'on NFS %s that was replaced shows new containers the data, and names those that must be restarted',
    async (_, driver, name, fsid) => {
      const volume = `stale-${driver}`;
      await host().docker('volume', 'create', `--driver=${driver}`, volume);
      const running = await startContainer(host(), `running-${driver}`, [`${volume}:/d`]);
      await host().docker('exec', running, 'sh', '-c', 'echo before > /d/file');
      await nfs().export({ path: `/srv/${name}`, fsid });
      const read = async () => (await inContainer(host(), [`${volume}:/d`], 'cat /d/file')) === 'before';
      await host().eventually('a new container has the data', read);
      await isNamed(volume, running);
      await host().docker('restart', running);
      expect(await host().docker('exec', running, 'cat', '/d/file')).toBe('before');
      const nobody = async () => (await mustRestart(host(), volume)).length === 0;
      await host().eventually('nobody is named any more', nobody);
    },
  );

  test('with a recreated directory shows it to new containers', async () => {
    await createVolume(host(), 'restored');
    const running = await startContainer(host(), 'running', ['restored:/d']);
    await host().docker('exec', running, 'sh', '-c', 'echo before > /d/file');
    const restore = 'cp -a restored kept; rm -r restored; mv kept restored';
    await server().output('sh', ['-ec', restore], { cwd: '/srv/volumes' });
    const read = async () => (await inContainer(host(), ['restored:/d'], 'cat /d/file')) === 'before';
    await host().eventually('a new container has the data', read);
    await isNamed('restored', running);
  });

  /** Checks all places where an operator may look. */
  async function isNamed(volume: string, container: string): Promise<void> {
    expect(await mustRestart(host(), volume)).toEqual([container]);
    expect(await host().holdfast.command('volume', 'inspect', volume)).toMatch(
      new RegExp(`Must restart\\s+container ${container.slice(0, 12)}`),
    );
    const events = await logged(host(), 'containers-must-restart');
    expect(events.at(-1)).toMatchObject({ volume, users: expect.stringContaining(container.slice(0, 12)) });
  }

  test('that an operator mounted before with other options is refused, except with nosharecache', async () => {
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

  // The last test: the engine keeps asking for the removed driver, which takes 15 s at each list of volumes.
  test('gets a driver by a reload, which is changed and removed while a container writes to another', () => {
    const { guest, ...rest } = host();
    return reloadsDriver(
      {
        ...rest,
        readConfiguration: () => guest.read('/run/holdfast.yaml'),
        writeConfiguration: (text) => guest.write('/run/holdfast.yaml', text),
      },
      nfsDriver('later'),
    );
  });
});
