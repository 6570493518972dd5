import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mountOptionWarnings, nfsMountOptions } from '../../../src/backends/nfs/mount-options.ts';
import { nfsOptions } from '../../../src/backends/nfs/options.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';

describe('mount options', () => {
  const spelling = (text: string) => nfsMountOptions.read(text).join(',');

  test.each([
    ['', ''],
    ['noatime', 'noatime'],
    [' timeo=50 , soft,,', 'soft,timeo=50'],
    ['timeo=050,timeo=50', 'timeo=50'],
    ['NoAtime,TIMEO=50', 'noatime,timeo=50'],
    ['nfsvers=3', 'vers=3'],
    ['v3', 'vers=3'],
    ['v4.1', 'vers=4.1'],
    ['vers=4', 'vers=4.2'],
    ['tcp', 'proto=tcp'],
    ['lookupcache=positive', 'lookupcache=pos'],
    ['actimeo=5', 'acdirmax=5,acdirmin=5,acregmax=5,acregmin=5'],
    ['hard,intr,fg,defaults,nointr,rw,auto,nouser', 'hard'],
    ['sec=krb5p', 'sec=krb5p'],
    ['nocto,noac,nolock,nosharecache', 'noac,nocto,nolock,nosharecache'],
  ])('%p are written as %p', (text, spelled) => {
    expect(spelling(text)).toBe(spelled);
    expect(spelling(spelled)).toBe(spelled);
  });

  test.each([
    ['bg', /"bg" cannot be given: it reports success before anything is mounted/],
    ['ro', /"ro" cannot be given: write the option readOnly=true/],
    ['retry=5', /"retry" cannot be given: Holdfast retries by itself/],
    ['addr=192.0.2.7', /"addr" cannot be given: the server is named together with the export/],
    ['mountaddr=192.0.2.7', /"mountaddr" cannot be given: the server is named together with the export/],
    ['mounthost=nfs2.example', /"mounthost" cannot be given: the server is named together with the export/],
    ['MountHost=nfs2.example', /"mounthost" cannot be given/],
    ['mounthost', /"mounthost" cannot be given/],
    ['mountport=20048', /"mountport" cannot be given: mountd is asked where the server's rpcbind/],
    ['clientaddr=192.0.2.7', /differs between hosts/],
    ['remount', /Holdfast decides how its mounts are made/],
    ['bind', /Holdfast decides/],
    ['loop', /Holdfast decides/],
    ['rshared', /Holdfast decides/],
    ['_netdev', /\/etc\/fstab/],
    ['noauto', /\/etc\/fstab/],
    ['user', /\/etc\/fstab/],
    ['x-systemd.automount', /\/etc\/fstab/],
    ['sloppy', /hide misspelt options/],
    ['minorversion=1', /vers=4.1/],
    ['sfot', /"sfot" is not an option .*did you mean "soft"/],
    ['bogus', /"bogus" is not an option of nfs\(5\).*nfs\(5\) lists them/],
    ['-o', /"-o" is not an option/],
    ['--bind', /"--bind" is not an option/],
    ['soft=1', /"soft" takes no value/],
    ['timeo', /"timeo" needs a value/],
    ['timeo=', /"timeo" cannot be ""/],
    ['timeo=abc', /"timeo" cannot be "abc": give a number from 1 to 2147483647/],
    ['timeo=0', /"timeo" cannot be "0"/],
    ['timeo=-1', /"timeo" cannot be "-1"/],
    ['nconnect=17', /"nconnect" cannot be "17": give a number from 1 to 16/],
    ['port=70000', /"port" cannot be/],
    ['sec=krb4', /"sec" cannot be "krb4": give one of none, sys, krb5/],
    ['vers=2', /"vers" cannot be "2"/],
    ['vers=4.3', /"vers" cannot be "4.3"/],
    ['context=a b', /"context" cannot be "a b"/],
    ['context="a', /"context" cannot be/],
    ['soft,hard', /"soft" and "hard" contradict each other: give one of them/],
    ['softerr,soft', /contradict/],
    ['ac,noac', /"ac" and "noac" contradict/],
    ['timeo=50,timeo=60', /"timeo=50" and "timeo=60" contradict/],
    ['vers=3,nfsvers=4.2', /contradict/],
    ['actimeo=5,acregmin=7', /contradict/],
    ['tcp,udp', /contradict/],
    ['noatime,relatime', /contradict/],
  ])('refuse %p', (text, message) => {
    expect(() => spelling(text)).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(() => spelling(text)).toThrow(message);
  });

  test('have one spelling for any input, and nothing that mount(8) would split', () => {
    const word = fc.constantFrom(
      ...[
        'soft',
        'hard',
        'timeo=5',
        'ACTIMEO=3',
        'v4',
        'bg',
        'ro',
        '-x',
        'context=a',
        'sec=sys',
        ' ',
        'nocto',
      ],
    );
    const written = fc.oneof(
      fc.array(word).map((words) => words.join(',')),
      fc.string(),
    );
    fc.assert(
      fc.property(written, (text) => {
        try {
          const once = spelling(text);
          expect(spelling(once)).toBe(once);
          expect(once).toMatch(/^$|^[a-z][\w=.:[\]-]*(,[a-z][\w=.:[\]-]*)*$/);
        } catch (error) {
          if (!(error instanceof VolumeError)) throw error;
          expect(error.code).toBe('invalid');
          expect(error.message.length).toBeLessThan(400);
        }
      }),
    );
  });

  test('of a volume replace those of the settings that they contradict', () => {
    expect(nfsMountOptions.lay(['hard', 'timeo=50', 'nocto'], ['soft', 'cto', 'noatime'])).toEqual([
      'soft',
      'timeo=50',
      'cto',
      'noatime',
    ]);
  });

  test('that risk data are allowed with a warning', () => {
    const risky = ['soft', 'softerr', 'proto=udp', 'nolock', 'local_lock=flock'];
    for (const option of risky)
      expect(mountOptionWarnings([option])).toEqual([expect.stringContaining(option)]);
    expect(mountOptionWarnings(['hard', 'proto=tcp', 'lock', 'local_lock=none', 'timeo=5'])).toEqual([]);
  });
});

describe('the options of a volume', () => {
  const read = (options: Readonly<Record<string, string>>) => nfsOptions.read('Volume db', options);

  test('accept the spellings of netshare and trajano', () => {
    expect(read({ share: '192.0.2.7:/srv/nfs/', create: 'true' })).toEqual({
      share: '192.0.2.7:/srv/nfs',
      create: 'true',
    });
    expect(read({ device: 'nfs:/srv/nfs', nfsopts: 'hard,proto=tcp,nfsvers=3,intr,nolock' })).toEqual({
      share: 'nfs:/srv/nfs',
      mountOptions: 'hard,nolock,proto=tcp,vers=3',
    });
  });
  test('are refused with the name of the wrong one', () => {
    expect(() => read({ nfsopts: 'bg' })).toThrow(/Volume db, option nfsopts: "bg" cannot be given/);
    expect(() => read({ device: ':/srv' })).toThrow(
      /Volume db, option device: ":\/srv" does not name a server/,
    );
    expect(() => read({ share: 'nfs:/a/../b' })).toThrow(/option share: .*"\.\."/);
  });
  test('say where a mount option belongs if it is given as a volume option', () => {
    expect(read({ o: 'uid=5,mountOptions=soft' })).toEqual({ uid: '5', mountOptions: 'soft' });
    expect(() => read({ o: 'mountOptions=soft,timeo=50' })).toThrow(/there is no option "timeo"/);
  });
});
