import { expect, test } from '@jest/globals';
import type { KnownBackup } from '../../src/backup/decisions/tags.ts';
import { findBackup } from '../../src/backup/which-backup.ts';
import { createFakeDriver } from '../fakes/fake-driver.ts';

const now = Date.parse('2026-06-01T00:00:00.000Z');
const drivers = (scope: 'local' | 'global') => () =>
  new Map([
    ['holdfast', { ...createFakeDriver('holdfast'), capabilities: { scope, sharing: 'one-host' } as const }],
  ]);
let count = 0;
const made = (host: string, days: number, driver = 'holdfast'): KnownBackup => {
  count += 1;
  const id = `${count}`.padStart(16, '0');
  return {
    ...{ id, repository: 'nas', plan: 'nightly', driver, volume: 'db', host, consistency: 'frozen' },
    ...{ createdAt: new Date(now - days * 86_400_000).toISOString(), entries: 1, bytes: 1, unsettled: 0 },
    ...{ data: '1', manifest: '1' },
  };
};
function find(scope: 'local' | 'global', backups: readonly KnownBackup[], backup = 'db'): KnownBackup {
  const newest = backups.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const parts = { drivers: drivers(scope), hostname: 'here', host: { now: () => now, newId: () => '' } };
  return findBackup(parts, newest, { repository: 'nas', backup, name: 'db' });
}

test('of a volume that all hosts see, the latest of any host is meant', () => {
  const latest = made('there', 1);
  for (const asked of ['db', 'latest']) expect(find('global', [made('here', 2), latest], asked)).toBe(latest);
});

test("of a volume of this host's disk, its own latest is meant, not that of another host", () => {
  const own = made('here', 2);
  expect(find('local', [made('there', 1), own, made('here', 3)])).toBe(own);
});

test('of a host that is lost, the only one there is', () => {
  const latest = made('lost', 1);
  for (const scope of ['local', 'global'] as const)
    expect(find(scope, [latest, made('lost', 2)])).toBe(latest);
});

test.each([
  ['of several other hosts', () => [made('lost', 1), made('there', 2)]],
  ['of several hosts, with a driver that is not here', () => [made('here', 1, 'x'), made('there', 2, 'x')]],
  ['of several drivers', () => [made('here', 1), made('here', 2, 'x')]],
])('which volume is meant is asked: %s', (_, backups) => {
  const all = backups();
  expect(() => find('local', all)).toThrow('means several backups of repository nas');
  expect(() => find('local', all)).toThrow(`(driver ${all[1]?.driver}, host ${all[1]?.host})`);
  expect(find('local', all, all[1]?.id)).toBe(all[1]);
});

test('a latest one of the future is not taken for the latest, beyond what clocks differ by', () => {
  const [slightly, far] = [made('here', -0.01), made('here', -1)];
  expect(find('local', [slightly, made('here', 1)])).toBe(slightly);
  expect(() => find('local', [far, made('here', 1)])).toThrow('seems to be of the future');
  expect(() => find('local', [far])).toThrow(`by its ID: ${far.id} (${far.createdAt}).`);
});
