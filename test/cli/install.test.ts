import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import type { InstallSurroundings } from '../../src/cli/install-results.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { installUnits } from '../../src/install/install.ts';
import { uninstallUnits } from '../../src/install/uninstall.ts';
import { unitFolder } from '../../src/install/unit-folder.ts';
import { unitsFor } from '../../src/install/units.ts';
import { createFakeServiceManager, type FakeServiceManager } from '../fakes/fake-service-manager.ts';
import { openMoveHost, runHere } from './in-process.ts';

let root = '';
let folder = '';
let config = '';
let systemd: FakeServiceManager;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-install-'));
  folder = unitFolder(root);
  config = join(root, 'config.yaml');
  systemd = createFakeServiceManager(folder);
  await configure('gold', 'iron');
});
afterEach(() => rm(root, { recursive: true, force: true }));

function configure(...drivers: readonly string[]): Promise<void> {
  const each = drivers.map((name) => [name, { backend: 'local', settings: { root: `/srv/${name}` } }]);
  return writeFile(config, JSON.stringify({ drivers: Object.fromEntries(each) }));
}

const load = (file: string | undefined) => loadConfiguration({ file, environment: {}, backends });

function around(more: Partial<InstallSurroundings> = {}): InstallSurroundings {
  const command = ['/usr/bin/node', '/opt/holdfast/dist/main.js'];
  return {
    isRoot: false,
    command,
    load,
    clearMountpoints: async () => undefined,
    mountTable: async () => [],
    openMoveHost,
    manager: async () => systemd,
    knownVolumes: async () => [],
    ...more,
  };
}

function command(words: readonly string[], more: Partial<InstallSurroundings> = {}) {
  return runHere([...words, '--config', config, '--root', root], { surroundings: around(more) });
}

/** Installs or uninstalls on a machine whose units are in the folder. */
async function live(
  act: 'install' | 'uninstall',
  more: { mounted?: string[]; force?: true; dryRun?: true } = {},
) {
  const loaded = await load(config);
  if (loaded.kind === 'unusable') throw new Error('The configuration is unusable.');
  const how = {
    folder,
    scope: 'files-and-services',
    dryRun: more.dryRun ?? false,
    insistence: more.force ? 'forced' : 'careful',
  } as const;
  const wanted = unitsFor({ ...loaded, command: ['/bin/true'], config });
  if (act === 'install') return installUnits(wanted, how, systemd);
  return uninstallUnits(more.mounted ?? [], how, systemd);
}

const units = async () => (await readdir(folder).catch(() => [])).sort();
const all = ['holdfast-gold.socket', 'holdfast-iron.socket', 'holdfast.service'];

describe('holdfast install --root', () => {
  test('writes the units there and starts nothing', async () => {
    const { code, out, err } = await command(['install']);
    expect([code, err]).toEqual([0, '']);
    expect(await units()).toEqual(all);
    expect((await stat(join(folder, 'holdfast.service'))).mode & 0o777).toBe(0o644);
    for (const name of all) expect(out).toContain(`wrote ${folder}/${name}`);
    expect(out).toContain('Nothing was enabled or started.');
    expect(systemd.enabled.size + systemd.active.size).toBe(0);
    expect(await readFile(join(folder, 'holdfast.service'), 'utf8')).toContain(`serve --config ${config}\n`);
  });

  test('is idempotent', async () => {
    await command(['install']);
    const before = await stat(join(folder, 'holdfast.service'));
    expect((await command(['install'])).out).toContain(`unchanged: ${folder}/holdfast.service`);
    expect((await stat(join(folder, 'holdfast.service'))).ino).toBe(before.ino);
  });

  test('overwrites no edited unit, unless forced', async () => {
    await command(['install']);
    await appendFile(join(folder, 'holdfast-iron.socket'), 'Backlog=1\n');
    await configure('gold');
    const refused = await command(['install', '--json']);
    expect([refused.code, refused.out]).toEqual([1, '']);
    const { error } = JSON.parse(refused.err);
    expect(error).toMatchObject({ code: 'conflict' });
    expect(error.message).toContain(`${folder}/holdfast-iron.socket was edited by hand`);
    expect(error.message).toContain('--force');
    expect(await units()).toEqual(all);
    expect((await command(['install', '--force'])).code).toBe(0);
    expect(await units()).toEqual(['holdfast-gold.socket', 'holdfast.service']);
  });

  test('only prints the steps with --dry-run', async () => {
    const { code, out } = await command(['install', '--dry-run']);
    expect(code).toBe(0);
    expect(out).toContain(`would write ${folder}/holdfast.service`);
    expect(await units()).toEqual([]);
  });

  test('refuses a configuration that the daemon would refuse', async () => {
    await writeFile(config, 'drivers: { gold: { backend: lokal } }\n');
    const { code, err } = await command(['install']);
    expect(code).toBe(1);
    expect(err).toContain('did you mean `local`?');
    expect(await units()).toEqual([]);
  });

  test('uninstall removes the units, and says where the data is', async () => {
    await command(['install']);
    const { code, out } = await command(['uninstall']);
    expect(code).toBe(0);
    expect(await units()).toEqual([]);
    expect(out).toContain('volumes of driver gold: /srv/gold');
    expect(out).toContain('audit log: /var/lib/holdfast/state');
    expect((await command(['uninstall'])).out).toContain(`No Holdfast units found in ${folder}.`);
  });
});

describe('the links in PATH', () => {
  const bin = (name: string) => join(root, 'usr/local/bin', name);
  const target = '/opt/holdfast/dist/main.js';

  test('are created by install and removed by uninstall', async () => {
    const { out } = await command(['install']);
    expect(await readlink(bin('holdfast'))).toBe(target);
    expect(await readlink(bin('dvdcli'))).toBe('/opt/holdfast/dist/dvdcli/main.js');
    expect(out).toContain(`linked ${bin('holdfast')} to ${target}`);
    expect((await command(['install'])).out).not.toContain('linked');
    expect((await command(['uninstall'])).out).toContain(`removed ${bin('dvdcli')}`);
    expect(await readdir(join(root, 'usr/local/bin'))).toEqual([]);
  });

  test('lead to the build that was installed last', async () => {
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await symlink('/opt/holdfast-0.0.9/dist/main.js', bin('holdfast'));
    await command(['install']);
    expect(await readlink(bin('holdfast'))).toBe(target);
  });

  test('of someone else stay, and a message says so', async () => {
    await mkdir(join(root, 'usr/local/bin'), { recursive: true });
    await writeFile(bin('dvdcli'), 'a program of REX-Ray');
    await symlink('../lib/node_modules/other/main.js', bin('holdfast'));
    const { code, out } = await command(['install']);
    expect(code).toBe(0);
    expect(out).toContain(`left ${bin('dvdcli')}, which Holdfast did not create`);
    await command(['uninstall']);
    expect(await readFile(bin('dvdcli'), 'utf8')).toBe('a program of REX-Ray');
    expect(await readlink(bin('holdfast'))).toBe('../lib/node_modules/other/main.js');
  });

  test('let shells and man(1) find the completion and the manual page', async () => {
    const { out } = await command(['install']);
    const places = [
      ['bash-completion/completions/holdfast', 'holdfast.bash'],
      ['zsh/vendor-completions/_holdfast', 'holdfast.zsh'],
      ['fish/vendor_completions.d/holdfast.fish', 'holdfast.fish'],
      ['man/man1/holdfast.1', 'holdfast.1'],
    ] as const;
    for (const [place, file] of places) {
      const path = join(root, 'usr/share', place);
      expect(await readlink(path)).toBe(`/opt/holdfast/dist/share/${file}`);
      expect(out).toContain(`linked ${path} to `);
    }
    await command(['uninstall']);
    for (const [place] of places) await expect(stat(join(root, 'usr/share', place))).rejects.toThrow();
  });

  test('are left to a package that has its own', async () => {
    const home = join(root, 'usr/lib/holdfast/dist');
    for (const place of [join(home, 'dvdcli'), join(root, 'usr/bin'), join(root, 'usr/share/man/man1')])
      await mkdir(place, { recursive: true });
    for (const program of ['main.js', 'dvdcli/main.js']) await writeFile(join(home, program), '');
    await symlink('../lib/holdfast/dist/main.js', join(root, 'usr/bin/holdfast'));
    await symlink(join(home, 'dvdcli/main.js'), join(root, 'usr/bin/dvdcli'));
    await writeFile(join(root, 'usr/share/man/man1/holdfast.1.gz'), '');
    const packaged = { command: ['/usr/lib/holdfast/bin/node', join(home, 'main.js')] };
    await command(['install'], packaged);
    await expect(readdir(join(root, 'usr/local'))).rejects.toThrow('ENOENT');
    expect(await readdir(join(root, 'usr/share/man/man1'))).toEqual(['holdfast.1.gz']);
    await command(['uninstall'], packaged);
    expect((await readdir(join(root, 'usr/bin'))).sort()).toEqual(['dvdcli', 'holdfast']);
  });

  test('that cannot be created are named, and the others are created', async () => {
    await mkdir(join(root, 'usr'), { recursive: true });
    await writeFile(join(root, 'usr/share'), 'not a folder');
    const { code, out, err } = await command(['install']);
    expect([code, await readlink(bin('holdfast'))]).toEqual([0, target]);
    expect(out).toContain(`wrote ${folder}/holdfast.service`);
    expect(err).toMatch(/^holdfast: \S+\/man1\/holdfast\.1 could not be linked: ENOTDIR/m);
  });

  test('are only printed with --dry-run', async () => {
    expect((await command(['install', '--dry-run'])).out).toContain(`would link ${bin('holdfast')}`);
    expect(await readdir(root)).toEqual(['config.yaml']);
  });
});

describe('on the machine itself', () => {
  test('leaves no socket in the folder where it was before', async () => {
    await live('install');
    expect([...systemd.files].sort()).toEqual([
      '/run/docker/plugins/gold.sock',
      '/run/docker/plugins/iron.sock',
    ]);
    await writeFile(
      config,
      JSON.stringify({ ...JSON.parse(await readFile(config, 'utf8')), socketDir: '/run/own' }),
    );
    await live('install');
    expect([...systemd.files].sort()).toEqual(['/run/own/gold.sock', '/run/own/iron.sock']);
    expect([...systemd.active].sort()).toEqual(all);
  });

  test('install enables and starts everything, and may be repeated after a driver was added', async () => {
    await live('install');
    expect([...systemd.enabled].sort()).toEqual(all);
    expect([...systemd.active].sort()).toEqual(all);
    await configure('gold', 'steel');
    await live('install');
    const now = ['holdfast-gold.socket', 'holdfast-steel.socket', 'holdfast.service'];
    expect([await units(), [...systemd.enabled].sort(), [...systemd.active].sort()]).toEqual([now, now, now]);
    expect(systemd.starts()).toBe(2);
  });

  test('uninstall stops everything and leaves no unit', async () => {
    await live('install');
    await live('uninstall');
    expect([await units(), systemd.enabled.size, systemd.active.size]).toEqual([[], 0, 0]);
  });

  test('uninstall refuses while volumes are mounted, and names them, unless forced', async () => {
    await live('install');
    const mounted = ['/var/lib/holdfast/mnt/gold/db'];
    await expect(live('uninstall', { mounted })).rejects.toThrow(
      expect.objectContaining({ code: 'in-use', message: expect.stringContaining(mounted[0] ?? '') }),
    );
    expect([...systemd.active].sort()).toEqual(all);
    await live('uninstall', { mounted, force: true });
    expect(systemd.active.size).toBe(0);
  });

  test('a dry run prints the exact commands, and runs none', async () => {
    const { systemctl } = await live('install', { dryRun: true });
    expect(systemctl.map((words) => words.join(' '))).toEqual([
      'daemon-reload',
      `enable holdfast.service holdfast-gold.socket holdfast-iron.socket`,
      'stop holdfast.service',
      'restart holdfast-gold.socket holdfast-iron.socket',
      'start holdfast.service',
    ]);
    expect([await units(), systemd.active.size]).toEqual([[], 0]);
  });

  test('without systemd, install changes nothing, fails, and says what to do', async () => {
    systemd = createFakeServiceManager(folder, 'absent');
    await expect(live('install')).rejects.toThrow(/systemd is not running on this machine\..*--no-enable/);
    expect(await units()).toEqual([]);
  });

  test('both need root', async () => {
    for (const verb of ['install', 'uninstall']) {
      const { code, err } = await runHere([verb, '--config', config], { surroundings: around() });
      expect(code).toBe(1);
      expect(err).toContain(`sudo holdfast ${verb}`);
    }
  });

  test('mounted volumes are listed without the shares that they come from', async () => {
    const mountRoot = '/var/lib/holdfast/mnt';
    const paths = [
      '/',
      mountRoot,
      `${mountRoot}/.shares/gold/x`,
      `${mountRoot}/gold/db`,
      `${mountRoot}/gold/db`,
    ];
    const mountTable = async () =>
      paths.map((mountpoint) => ({ mountpoint, source: 'tmpfs', type: 'tmpfs' }));
    await command(['install']);
    const { out } = await command(['uninstall'], { mountTable });
    expect(out.split('\n').filter((line) => line.includes('still mounted'))).toEqual([
      `  still mounted: ${mountRoot}/gold/db`,
    ]);
  });
});
