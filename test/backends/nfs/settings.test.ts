import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { nfsBackend } from '../../../src/backends/nfs/definition.ts';
import { nfsSettings } from '../../../src/backends/nfs/settings.ts';
import { driverVariables, overlay } from '../../../src/config/variables.ts';
import { readSettings } from '../../fakes/open-backend.ts';

const least = { server: 'nfs.example', export: '/srv/volumes' };
const read = (settings: Readonly<Record<string, unknown>>) =>
  readSettings(nfsSettings, { ...least, ...settings });

describe('the settings of an NFS driver', () => {
  test('need only a server and an export', () => {
    expect(read({})).toEqual({
      ...least,
      version: '4.2',
      mountOptions: [],
      shares: [],
      onRemove: 'trash',
      trashRetention: 86_400_000,
    });
  });
  test('are converted to one spelling', () => {
    const written = {
      server: '[2001:DB8::0:7]',
      export: '/srv//volumes/',
      mountOptions: 'noatime, actimeo=5',
      shares: ['NFS2:/media/'],
    };
    expect(read(written)).toMatchObject({
      server: '2001:db8::7',
      export: '/srv/volumes',
      mountOptions: ['acdirmax=5', 'acdirmin=5', 'acregmax=5', 'acregmin=5', 'noatime'],
      shares: [{ server: 'nfs2', path: '/media' }],
    });
  });
  test('accept the root of an NFS 4 server', () => {
    expect(read({ export: '/' }).export).toBe('/');
  });
  test.each([
    ['4.2', '4.2'],
    [4.2, '4.2'],
    [4.1, '4.1'],
    ['4.0', '4.0'],
    [3, '3'],
  ])('read %p as version %p, however YAML parses it', (version, meant) => {
    expect(read({ version }).version).toBe(meant);
  });
  test.each([
    [{ server: undefined }, /server/],
    [{ export: undefined }, /export/],
    [{ server: 'nfs example' }, /server: "nfs example" is not a valid server/],
    [{ server: '10.1' }, /server: "10.1" is not a valid server/],
    [{ export: 'srv' }, /export: "srv" is not absolute/],
    [{ export: '/srv/../etc' }, /export: .*".."/],
    [{ version: 4 }, /version: "4" may mean "4.0" \(write it in quotes\) or 4.2/],
    [{ version: '2' }, /version: "2" is not known: choose one of 4.2, 4.1, 4.0, 3/],
    [{ version: true }, /version: must be a version of NFS/],
    [{ sec: 'krb4' }, /sec/],
    [{ mountOptions: 'nocto' }, /"nocto" would keep this host from seeing.*defaults: \{ mountOptions: nocto/],
    [{ mountOptions: ['noatime', 'mounthost=nfs2'] }, /mountOptions: "mounthost" cannot be given/],
    [{ mountOptions: 7 }, /mountOptions: must be a list of options, or one string with commas/],
    [{ mountOptions: ['noatime', 'bg'] }, /mountOptions: "bg" cannot be given/],
    [{ mountOptions: ['soft', 'hard'] }, /mountOptions: "soft" and "hard" contradict/],
    [{ mountOptions: 'nfsvers=3' }, /mountOptions: "vers=3" has a setting of its own: write it as `version`/],
    [{ mountOptions: 'sec=krb5' }, /"sec=krb5" has a setting of its own: write it as `sec`/],
    [{ shares: ['/srv'] }, /shares: 0: "\/srv" does not name an export/],
    [{ shares: 'nfs:/srv' }, /shares/],
    [{ onRemove: 'keep' }, /onRemove/],
    [{ sever: 'nfs' }, /sever/],
  ])('refuse %p, naming the key', (settings, message) => {
    expect(() => read(settings)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => read(settings)).toThrow(message);
  });
  test('can all be given by environment variables', () => {
    const environment = {
      HOLDFAST_DRIVERS_SHARED_SETTINGS_SERVER: 'nfs.example',
      HOLDFAST_DRIVERS_SHARED_SETTINGS_EXPORT: '/srv/volumes',
      HOLDFAST_DRIVERS_SHARED_SETTINGS_VERSION: '4.0',
      HOLDFAST_DRIVERS_SHARED_SETTINGS_SEC: 'krb5p',
      HOLDFAST_DRIVERS_SHARED_SETTINGS_MOUNT_OPTIONS: 'noatime,timeo=50',
      HOLDFAST_DRIVERS_SHARED_SETTINGS_SHARES: 'a:/x,b:/y',
    };
    const { tree, problems } = overlay({}, driverVariables('shared', nfsBackend), environment);
    expect(problems).toEqual([]);
    const driver = z.object({ settings: nfsSettings });
    const { drivers } = z.object({ drivers: z.object({ shared: driver }) }).parse(tree);
    expect(drivers.shared.settings).toMatchObject({
      version: '4.0',
      sec: 'krb5p',
      mountOptions: ['noatime', 'timeo=50'],
      shares: [
        { server: 'a', path: '/x' },
        { server: 'b', path: '/y' },
      ],
    });
  });
});
