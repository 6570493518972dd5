import { expect, test } from '@jest/globals';
import { usedBy } from '../../../src/core/engine/used-by.ts';

const id = 'a'.repeat(64);
const task = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';
const process = { pid: 7, command: 'postgres', mountpoint: '/data' };
const web = { engine: 'Docker', id, name: 'web', state: 'running', destination: '/data' };

test('the kernel shows who uses a volume; the engine has the names, and who only refers to it', () => {
  const stopped = { ...web, engine: 'Podman', id: 'b'.repeat(64), name: 'old', state: 'exited' };
  const users = [
    { ...process, containerId: id },
    { ...process, containerId: 'c'.repeat(64) },
    { ...process, containerId: task },
    process,
  ];
  expect(usedBy({ users, ownMounts: ['/srv/pub'] }, [web, stopped])).toEqual([
    { kind: 'container', engine: 'Docker', name: 'web', id, state: 'running', ...process },
    { kind: 'container', id: 'c'.repeat(64), ...process },
    { kind: 'task', id: task, ...process },
    { kind: 'process', ...process },
    {
      kind: 'container',
      engine: 'Podman',
      name: 'old',
      id: 'b'.repeat(64),
      state: 'exited',
      mountpoint: '/data',
    },
    { kind: 'mount', mountpoint: '/srv/pub' },
  ]);
});

test('a container that only the engine shows as running is named without a process', () => {
  expect(usedBy({ users: [], ownMounts: [] }, [web])).toEqual([
    { kind: 'container', engine: 'Docker', name: 'web', id, state: 'running', mountpoint: '/data' },
  ]);
});

test('containers that only refer to it are listed in one order, for any order of the engine', () => {
  const container = (name: string, state: string) => ({ ...web, id: name.repeat(64), name, state });
  const all = [
    container('c', 'exited'),
    container('b', 'running'),
    container('a', 'created'),
    container('d', 'running'),
  ];
  for (const told of [all, all.toReversed()]) {
    const names = usedBy({ users: [], ownMounts: [] }, told).map((user) => 'name' in user && user.name);
    expect(names).toEqual(['b', 'd', 'a', 'c']);
  }
});
