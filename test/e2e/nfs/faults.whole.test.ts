import { expect, test } from '@jest/globals';
import { examined, storageTrouble } from '../../fakes/examined.ts';
import { startNfsClient, startNfsServer } from '../../lab/guest/nfs-server.ts';
import { describeWith } from '../../lab/requirements.ts';
import { inContainer } from '../containers.ts';
import { errorOf, statusOf } from '../trouble.ts';
import { createVolume } from '../volumes.ts';
import { nfsDriver, realNfsHosts, useNfsHosts } from './use-hosts.ts';

describeWith(realNfsHosts, 'an NFS server with a fault', () => {
  const { host, server, nfs } = useNfsHosts({
    hosts: 1,
    shares: ['volumes', 'old'],
    drivers: { holdfast: nfsDriver('volumes'), old: nfsDriver('old', { version: '3' }) },
  });

  test('that is down is reported by the doctor, with the port and what to start, until it is up', async () => {
    const trouble = () => storageTrouble(host().holdfast, '/run/holdfast.yaml');
    const down = async () => (await trouble()).filter(({ level }) => level === 'failure');
    await nfs().stop();
    try {
      expect(await down()).toContainEqual(
        expect.objectContaining({
          subject: 'driver holdfast, server guest0',
          evidence: expect.stringMatching(/refused.* port 2049/),
          mend: expect.stringContaining('start its NFS service'),
        }),
      );
    } finally {
      await nfs().start();
    }
    await host().eventually('it is in order', async () => (await down()).length === 0);
  });

  test('of NFS 3 without its services is reported by the doctor, each by name, until they are back', async () => {
    const found = async () =>
      (await examined(host().holdfast, '/run/holdfast.yaml')).filter(({ subject }) =>
        subject.startsWith('driver old,'),
      );
    // Warnings are ignored: a server on a busy machine may be slow.
    const isWrong = ({ level }: { readonly level: string }) => level === 'failure';
    const wrong = async () => (await found()).filter(isWrong);
    await host().docker('volume', 'create', '--driver=old', 'looked-at');
    const before = await found();
    expect(before.map(({ subject }) => subject.replace('driver old, ', ''))).toEqual(
      expect.arrayContaining(['versions', 'rpcbind', 'mountd', 'nlockmgr', 'statd', 'export', 'clock']),
    );
    expect(before.filter(isWrong)).toEqual([]);
    const kill = (program: string) => server().output('sh', ['-c', `kill $(pidof ${program})`]);
    await kill('rpc.statd');
    try {
      const told = await host().eventually('its absence is told', async () => {
        const now = await wrong();
        return now.length > 0 && now;
      });
      expect(told).toEqual([
        expect.objectContaining({
          level: 'failure',
          subject: 'driver old, statd',
          evidence: expect.stringMatching(/refuses the connection at port \d+|knows no statd/),
          mend: expect.stringContaining('rpc-statd'),
        }),
      ]);
      await kill('rpcbind');
      expect(await wrong()).toContainEqual(
        expect.objectContaining({
          subject: 'driver old, rpcbind',
          evidence: 'rpcbind of guest0 refuses the connection at port 111; NFS 3 needs it.',
          mend: 'On the server: `systemctl start rpcbind`.',
        }),
      );
    } finally {
      await nfs().stop();
      await startNfsClient(server());
      await nfs().start();
    }
    await host().eventually('it is in order', async () => (await wrong()).length === 0);
  });

  test('with another clock than this host is reported by the doctor', async () => {
    const clocks = async () =>
      (await examined(host().holdfast, '/run/holdfast.yaml')).filter(({ subject }) =>
        subject.endsWith(', clock'),
      );
    await createVolume(host(), 'timed');
    const shift = (seconds: number) =>
      server().output('sh', ['-c', `date -s @$(($(date +%s) + ${seconds}))`]);
    await shift(600);
    try {
      expect(await clocks()).toContainEqual(
        expect.objectContaining({
          level: 'warning',
          evidence: expect.stringMatching(
            /^The clock of this host is (?:59|60|61)\d s behind that of guest0/,
          ),
        }),
      );
    } finally {
      await shift(-600);
    }
  });

  test.each([
    ['3', 'holdfast', 'NFS 3, but not NFS 4'],
    ['4.2', 'old', 'NFS 4, but not NFS 3'],
  ] as const)(
    'with only NFS %s is refused for the driver %s, and the error says what it has',
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

  test('that is slow works, and is shown as slow', async () => {
    await createVolume(host(), 'patient');
    await server().output('sh', ['-ec', 'modprobe sch_netem; tc qdisc add dev vec0 root netem delay 1300ms']);
    try {
      const isSlow = async () => (await statusOf(host(), 'patient')).health?.state === 'slow';
      await host().eventually('it is shown', isSlow);
      expect(errorOf(await host().call('holdfast', 'Mount', { Name: 'patient', ID: 'x' }))).toBe('');
      await host().call('holdfast', 'Unmount', { Name: 'patient', ID: 'x' });
    } finally {
      await server().output('tc', ['qdisc', 'del', 'dev', 'vec0', 'root']);
    }
    const isWell = async () => (await statusOf(host(), 'patient')).health?.state === 'ok';
    await host().eventually('it is well again', isWell);
  });
});
