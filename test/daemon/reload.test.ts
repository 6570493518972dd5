import { describe, expect, test } from '@jest/globals';
import { backends } from '../../src/backends/index.ts';
import { configurationChanges } from '../../src/config/changes.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../src/config/load-configuration.ts';
import { type DriverName, parseDriverName } from '../../src/core/names.ts';
import { VolumeError } from '../../src/core/volume-error.ts';
import { createReload } from '../../src/daemon/reload.ts';
import { withFile } from '../config/load.ts';

const first = `
drivers:
  gold: { backend: local, settings: { root: /gold }, defaults: { mode: "0750" } }
  shared: { backend: nfs, settings: { server: nfs.example, export: /srv }, profiles: { logs: { uid: "7" } } }
  all: { members: [gold, shared], default: gold }
`;

const load = (content: string): Promise<LoadedConfiguration> =>
  withFile(content, (file) => loadConfiguration({ file, environment: {}, backends }));

interface Circumstances {
  /** Drivers whose sockets cannot be opened. */
  readonly occupied?: DriverName[];
  /** Drivers whose change cannot be applied now. */
  readonly busy?: readonly DriverName[];
}

/** A daemon that was started with `first` and then reloads its file with this text. */
async function reloaded(text: string, { occupied = [], busy = [] }: Circumstances = {}) {
  const loaded = await load(first);
  if (loaded.kind === 'unusable') throw new Error(JSON.stringify(loaded.problems));
  const after = await load(text);
  let current = loaded.configuration;
  const done: string[] = [];
  const { reload, foresee } = createReload({
    load: async () => after,
    current: () => current,
    set: {
      async take(wanted) {
        const taken = await this.foresee(wanted);
        done.push(`set ${[...wanted.drivers.keys()].join(' ')}`);
        current = wanted;
        return taken;
      },
      async foresee(wanted) {
        const { drivers, joints } = configurationChanges(current, wanted);
        const free = (names: readonly DriverName[]) => names.filter((name) => !busy.includes(name));
        return {
          added: free([...drivers.added, ...joints.added]),
          changed: free([...drivers.changed, ...joints.changed]),
          removed: free([...drivers.removed, ...joints.removed]),
          refused: busy.map((driver) => ({ driver, error: new VolumeError('in-use', `${driver} is busy.`) })),
        };
      },
    },
    doors: {
      async open(name) {
        if (occupied.includes(name)) throw new Error(`${name}.sock is another program's.`);
        done.push(`open ${name}`);
      },
      remove: async (name) => void done.push(`remove ${name}`),
    },
    log: { enabled: () => true, write: (_, event) => void done.push(event) },
  });
  const foreseen = await foresee().catch((error: unknown) => error);
  expect([done, current === loaded.configuration]).toEqual([[], true]);
  const result = await reload().catch((error: unknown) => error);
  // Only the real reload finds out that a socket cannot be opened.
  if (occupied.length === 0) expect(foreseen).toEqual(result);
  return { result, done, isFirst: current === loaded.configuration, again: reload, foresee };
}

const nothing = { added: [], changed: [], removed: [], refused: [] };

test('a configuration with the same meaning in another form changes nothing', async () => {
  const { result } = await reloaded(`# a comment\n${first.replace('"0750"', "'0750'")}`);
  expect(result).toEqual(nothing);
});

test('added drivers, including joint ones, start and get their sockets', async () => {
  const more = '  iron: { backend: local, settings: { root: /iron } }\n  both: { members: [gold, iron] }\n';
  const { result, done, isFirst } = await reloaded(first + more);
  expect(result).toEqual({ ...nothing, added: ['iron', 'both'] });
  expect(done).toEqual(['set gold shared iron', 'open iron', 'open both', 'reloaded']);
  expect(isFirst).toBe(false);
});

test('an added driver whose socket cannot be opened gets it at the next reload', async () => {
  const occupied = [parseDriverName('iron')];
  const more = '  iron: { backend: local, settings: { root: /iron } }\n';
  const { result, done, again, foresee } = await reloaded(first + more, { occupied });
  const message =
    "Driver iron was added, but engines cannot reach it: its socket could not be opened: iron.sock is another program's. Fix that, then reload again.";
  expect(result).toEqual({ ...nothing, refused: [{ driver: 'iron', error: { code: 'failed', message } }] });
  expect(done).toEqual(['set gold shared iron', 'driver-not-reloaded', 'reloaded']);
  occupied.pop();
  expect(await foresee()).toEqual({ ...nothing, added: ['iron'] });
  expect(await again()).toEqual({ ...nothing, added: ['iron'] });
  expect(await again()).toEqual(nothing);
});

describe('a driver is applied', () => {
  test.each([
    ['a setting', first.replace('/gold', '/silver'), 'gold'],
    ['a default', first.replace('0750', '0700'), 'gold'],
    ['a profile', first.replace('uid: "7"', 'uid: "8"'), 'shared'],
    ['its server', first.replace('nfs.example', 'nfs2.example'), 'shared'],
    ['the rules of a joint one', first.replace('default: gold', 'default: shared'), 'all'],
  ])('if it has changed %s', async (_, text, driver) => {
    const { result, done } = await reloaded(text);
    expect(result).toEqual({ ...nothing, changed: [driver] });
    expect(done).toEqual(['set gold shared', 'reloaded']);
  });

  test('if it was removed', async () => {
    const { result, done } = await reloaded(first.replace(/ {2}all.*\n/, ''));
    expect(result).toEqual({ ...nothing, removed: ['all'] });
    expect(done).toEqual(['set gold shared', 'remove all', 'reloaded']);
  });

  test('and one that cannot be is reported with the reason, and keeps its socket', async () => {
    const text = first.replace(/ {2}all.*\n/, '').replace('0750', '0700');
    const { result, done } = await reloaded(text, { busy: [parseDriverName('all')] });
    const refused = [{ driver: 'all', error: { code: 'in-use', message: 'all is busy.' } }];
    expect(result).toEqual({ ...nothing, changed: ['gold'], refused });
    expect(done).toEqual(['set gold shared', 'driver-not-reloaded', 'reloaded']);
  });
});

describe('nothing is changed, and the error gives the reason', () => {
  const added = '  iron: { backend: local, settings: { root: /iron } }\n';
  test.each([
    [
      'a driver has members now',
      first
        .replace(
          'backend: nfs, settings: { server: nfs.example, export: /srv }, profiles: { logs: { uid: "7" } }',
          'members: [gold]',
        )
        .replace('members: [gold, shared]', 'members: [gold]'),
      'driver shared has members now',
    ],
    ['a path has changed', `mountRoot: /mnt\n${first}`, 'mountRoot has changed'],
    [
      'a setting was added',
      `admin: { listen: "127.0.0.1:7777", tokenFile: /t }\n${first}`,
      'admin has changed',
    ],
    ['a setting of the log has changed', `log: { level: debug }\n${first}`, 'log has changed'],
  ])('when %s, even if a driver was also added', async (_, text, reason) => {
    const { result, done, isFirst } = await reloaded(text + added);
    expect(result).toMatchObject({ code: 'conflict', message: expect.stringContaining(reason) });
    expect(done).toEqual(['reload-failed']);
    expect(isFirst).toBe(true);
  });

  test.each([
    ['a key is wrong', first.replace('root:', 'rot:'), /rot/],
    ['it is not YAML', `${first}: [`, /./],
    ['a backend does not exist', first.replace('backend: nfs', 'backend: nsf'), /nfs/],
  ])('when %s', async (_, text, reason) => {
    const { result, done, isFirst } = await reloaded(text + added);
    expect(result).toMatchObject({ code: 'invalid', message: expect.stringMatching(reason) });
    expect(done).toEqual(['reload-failed']);
    expect(isFirst).toBe(true);
  });
});
