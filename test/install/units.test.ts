import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { planFiles } from '../../src/install/plan.ts';
import { originOf, sealed, type UnitFile } from '../../src/install/unit-file.ts';
import { isUnitName, serviceName, type UnitParts, unitsFor } from '../../src/install/units.ts';
import { describeWith } from '../lab/requirements.ts';
import { run } from '../lab/run.ts';

const two = `
drivers:
  fast: { backend: local, settings: { root: /srv/fast } }
  shared: { backend: nfs, settings: { server: nfs.example, export: /srv/volumes } }
`;
const command = ['/usr/bin/node', '/opt/holdfast/dist/main.js'];

async function configured(text: string): Promise<Pick<UnitParts, 'configuration'>> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-units-'));
  try {
    const file = join(folder, 'config.yaml');
    await writeFile(file, text);
    const loaded = await loadConfiguration({ file, environment: {}, backends });
    if (loaded.kind === 'unusable') throw new Error(JSON.stringify(loaded.problems));
    return loaded;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function units(text: string, more: object = {}): Promise<readonly UnitFile[]> {
  return unitsFor({ ...(await configured(text)), command, ...more });
}

/** The lines of a unit that set something. */
async function lines(text: string, name = serviceName, more: object = {}): Promise<readonly string[]> {
  const unit = (await units(text, more)).find((file) => file.name === name);
  return (unit?.text ?? '').split('\n').filter((line) => /^\w+=/.test(line));
}

describe('the units', () => {
  test('are one service, and a socket per driver where Docker looks for it', async () => {
    const names = (await units(two)).map(({ name }) => name);
    expect(names).toEqual([serviceName, 'holdfast-fast.socket', 'holdfast-shared.socket']);
    expect(names.every(isUnitName)).toBe(true);
    expect(await lines(two, 'holdfast-shared.socket')).toEqual(
      expect.arrayContaining([
        'ListenStream=/run/docker/plugins/shared.sock',
        'FileDescriptorName=shared',
        'Service=holdfast.service',
        'Before=docker.service',
        'SocketMode=0600',
        'RemoveOnStop=yes',
      ]),
    );
    expect(await lines(two)).toContain('Sockets=holdfast-fast.socket holdfast-shared.socket');
  });

  test('start before the engine and do not require it', async () => {
    const all = await lines(two);
    expect(all).toContain('Before=docker.service');
    expect(all.filter((line) => /^(Requires|Requisite|BindsTo|PartOf|Wants)=.*docker/.test(line))).toEqual(
      [],
    );
  });

  test('create no mount namespace, in which the engine would not see the mounts', async () => {
    const namespaced =
      /^(Private|Protect|ReadOnly|ReadWrite|Inaccessible|Bind|Temporary|Root|Mount|Dynamic|Exec(Paths|SearchPath)|NoExecPaths|StateDirectory|CacheDirectory|LogsDirectory|LoadCredential|SetCredential|NetworkNamespace)/;
    for (const { text } of await units(two)) {
      expect(text.split('\n').filter((line) => namespaced.test(line) && line.includes('='))).toEqual([]);
    }
  });

  test('keep FUSE clients and the ledger at a stop', async () => {
    const all = await lines(two);
    expect(all).toEqual(
      expect.arrayContaining([
        'KillMode=process',
        'RuntimeDirectory=holdfast',
        'RuntimeDirectoryMode=0700',
        'RuntimeDirectoryPreserve=yes',
      ]),
    );
    const elsewhere = await lines(`runtimeDir: /var/lib/ledger\n${two}`);
    expect(elsewhere.filter((line) => line.startsWith('RuntimeDirectory'))).toEqual([]);
  });

  test('wait for the configured disks, and for the network if the storage needs it', async () => {
    const all = await lines(two);
    expect(all).toContain('RequiresMountsFor=/var/lib/holdfast /var/lib/holdfast/state /srv/fast');
    expect(all).toContain('After=network-online.target');
    const usb =
      'drivers: { h: { backend: local, settings: { root: /srv/v, requireMount: [/mnt/usb, /srv], allowedRoots: [/mnt/usb/data, /mnt/other] } } }';
    expect(await lines(usb)).toContain(
      'RequiresMountsFor=/var/lib/holdfast /var/lib/holdfast/state /srv/v /mnt/usb /srv /mnt/usb/data',
    );
    const local = await lines('drivers: { holdfast: { backend: local, settings: { root: /srv/v } } }');
    expect(local.filter((line) => line.includes('network'))).toEqual([]);
  });

  test('escape special characters in paths for systemd, and refuse control characters', async () => {
    const config = '/etc/my "own"/100%/$x.yaml';
    expect(await lines(two, serviceName, { config })).toContain(
      'ExecStart=/usr/bin/node /opt/holdfast/dist/main.js serve --config "/etc/my \\"own\\"/100%%/$$x.yaml"',
    );
    await expect(lines(two, serviceName, { config: '/etc/a\nb' })).rejects.toThrow('control characters');
  });
});

describe('an existing unit file', () => {
  const unit = sealed(serviceName, '[Unit]\nDescription=x\n');
  const older = sealed(serviceName, '[Unit]\nDescription=before\n');
  const changed = { ...unit, text: `${unit.text}Wants=mine.service\n` };
  const foreign = { name: serviceName, text: '[Unit]\nDescription=theirs\n' };
  const gone = sealed('holdfast-old.socket', '[Socket]\n');
  const actions = (...args: Parameters<typeof planFiles>) =>
    planFiles(...args).map((step) => `${step.action} ${step.name}`);

  test('is recognised by its checksum', () => {
    expect([unit, older, changed, foreign].map(originOf)).toEqual(['ours', 'ours', 'changed', 'foreign']);
    expect(originOf({ ...unit, name: 'holdfast-other.socket' })).toBe('foreign');
  });

  test('is written, kept, or replaced if it is ours', () => {
    expect(actions([unit], [], 'careful')).toEqual([`write ${serviceName}`]);
    expect(actions([unit], [unit], 'careful')).toEqual([`keep ${serviceName}`]);
    expect(actions([unit], [older], 'careful')).toEqual([`write ${serviceName}`]);
  });

  test('of someone else is not overwritten, unless forced', () => {
    expect(actions([unit], [changed], 'careful')).toEqual([`refuse ${serviceName}`]);
    expect(actions([unit], [foreign], 'careful')).toEqual([`refuse ${serviceName}`]);
    expect(actions([unit], [changed], 'forced')).toEqual([`write ${serviceName}`]);
    expect(actions([], [changed], 'careful')).toEqual([`refuse ${serviceName}`]);
    expect(actions([], [foreign], 'forced')).toEqual([]);
  });

  test('is removed if its driver is no longer configured', () => {
    expect(actions([unit], [unit, gone], 'careful')).toEqual([
      `keep ${serviceName}`,
      'remove holdfast-old.socket',
    ]);
  });
});

describeWith({ programs: ['systemd-analyze'] }, 'systemd itself', () => {
  /** The output of systemd-analyze for all units together. */
  async function verdict(files: readonly UnitFile[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-verify-'));
    try {
      for (const { name, text } of files) await writeFile(join(folder, name), text);
      const paths = files.map(({ name }) => join(folder, name));
      const { exitCode, stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...paths], {
        env: { SYSTEMD_LOG_LEVEL: 'warning' },
      });
      // It also reports problems of other units of this machine.
      const ours = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('holdfast'));
      return [...(exitCode === 0 ? [] : [`exit code ${exitCode}`]), ...ours].join('\n');
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const real = { command: [process.execPath, __filename] };

  test('finds no problem', async () => {
    expect(await verdict(await units(two, real))).toBe('');
    expect(await verdict(await units('socketDir: "/run/a b%c"\n', real))).toBe('');
  });

  test('finds a wrong line', async () => {
    const [service, ...sockets] = await units(two, real);
    if (service === undefined) throw new Error('There is no service.');
    const wrong = { ...service, text: service.text.replace('KillMode=process', 'KillMood=process') };
    expect(await verdict([wrong, ...sockets])).toContain('KillMood');
  });
});
