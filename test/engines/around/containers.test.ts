import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Around } from '../../../src/core/protect/containers.ts';
import { type OpenContainers, openContainers } from '../../../src/engines/around/open-containers.ts';
import { askHere } from '../../../src/engines/questions.ts';
import { engineAt } from '../../../src/engines/usual-engines.ts';
import { type EngineServer, type ServedContainer, serveEngine } from '../../fakes/engine-server.ts';
import { eventually } from '../../lab/eventually.ts';

let folder: string;
let engine: EngineServer;
let open: OpenContainers[];
let isPresent: boolean;
const used = { volume: 'db', drivers: ['gold', 'all'] };
const running = (name: string, more: Partial<ServedContainer> = {}): ServedContainer => ({
  ...{ id: `${name}-id`, name, state: 'running', volume: 'db', driver: 'gold' },
  ...more,
});

beforeAll(() => import('dockerode'));
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-around-'));
  open = [];
  isPresent = true;
  engine = await serveEngine(join(folder, 'engine.sock'), [
    running('web'),
    running('stopped', { state: 'exited' }),
    running('other', { volume: 'other' }),
    running('local', { driver: 'local' }),
  ]);
});
afterEach(async () => {
  for (const containers of open) await containers.close();
  await engine.close();
  rmSync(folder, { recursive: true });
});

const notes = () => join(folder, 'paused');
const noted = () => JSON.parse(readFileSync(notes(), 'utf8'));
const stateOf = (name: string) => engine.containers.find((one) => one.name === name)?.state;

/** Milliseconds; an engine that does not answer takes so long. */
const patience = 3_000;

const notesIn = (name: string) => ({
  read: async () => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined),
  write: async (text: string) => writeFileSync(join(folder, name), text),
});

/** As a process has it. */
function begin() {
  const containers = openContainers({
    ask: askHere,
    engines: async () => (isPresent ? [engineAt('Docker', engine.socket)] : []),
    notes: notesIn('paused'),
    owedNotes: notesIn('owed'),
    log: { enabled: () => true, write: () => undefined },
    pace: 20,
    patience,
  });
  open.push(containers);
  return containers;
}

describe('a pause', () => {
  test('is of the containers that run with the volume, and ends with the release', async () => {
    const prepared = await begin().prepare(used, { pause: true });
    expect(prepared.paused).toEqual(new Set(['web-id']));
    expect(engine.containers.map(({ state }) => state)).toEqual(['paused', 'exited', 'running', 'running']);
    expect(noted()).toEqual([{ socket: engine.socket, id: 'web-id', name: 'web' }]);
    await prepared.release();
    await prepared.release();
    expect(stateOf('web')).toBe('running');
    expect(noted()).toEqual([]);
  });
  test('is noted before it begins, so the next process ends what a killed one has left', async () => {
    // That process is gone without a release.
    await begin().prepare(used, { pause: true });
    expect(stateOf('web')).toBe('paused');
    await begin().begun;
    expect(stateOf('web')).toBe('running');
    expect(noted()).toEqual([]);
  });
  test('that a killed process had only noted leaves the container as it is', async () => {
    writeFileSync(notes(), JSON.stringify([{ socket: engine.socket, id: 'web-id', name: 'web' }]));
    await begin().begun;
    expect(stateOf('web')).toBe('running');
    expect(noted()).toEqual([]);
  });
  test('is ended as soon as the engine answers again', async () => {
    const prepared = await begin().prepare(used, { pause: true });
    engine.mute.add('/unpause');
    engine.containers.splice(0, 1, running('web', { state: 'paused' }));
    const server = engine;
    await server.close();
    await expect(prepared.release()).rejects.toMatchObject({ code: 'failed' });
    expect(noted()).toHaveLength(1);
    engine = await serveEngine(server.socket, server.containers);
    await eventually('the container runs', async () => stateOf('web') === 'running');
    await eventually('nothing is noted', async () => noted().length === 0);
  });
  test('of a container that is gone is forgotten', async () => {
    const prepared = await begin().prepare(used, { pause: true });
    engine.containers.shift();
    await prepared.release();
    expect(noted()).toEqual([]);
  });
  test('leaves what somebody else has paused, also afterwards', async () => {
    engine.containers.splice(0, 1, running('web', { state: 'paused' }));
    const prepared = await begin().prepare(used, { pause: true });
    expect(prepared.paused).toEqual(new Set(['web-id']));
    await prepared.release();
    expect(stateOf('web')).toBe('paused');
  });
  test('of two copies at once ends with the later one', async () => {
    const containers = begin();
    const one = await containers.prepare(used, { pause: true });
    const second = await containers.prepare(used, { pause: true });
    await one.release();
    expect(stateOf('web')).toBe('paused');
    await second.release();
    expect(stateOf('web')).toBe('running');
  });
  test('that fails for one container is undone for the others', async () => {
    engine.containers.push(running('api', { id: 'api-id' }));
    engine.mute.add('api-id/pause');
    const failing = begin().prepare(used, { pause: true });
    await expect(failing).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('api') });
    expect(stateOf('web')).toBe('running');
    expect(noted()).toEqual([]);
  });
  test('is refused if an engine does not say who uses the volume', async () => {
    engine.mute.add('/containers/json');
    await expect(begin().prepare(used, { pause: true })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('commands', () => {
  test('are run before and after the pause, in the container that uses the volume', async () => {
    const around: Around = { pause: true, execBefore: 'flush', execAfter: 'go on' };
    const prepared = await begin().prepare(used, around);
    await prepared.release();
    // The engine refuses a command in a paused container.
    expect(engine.commands).toEqual(['web: sh -c flush', 'web: sh -c go on']);
  });
  test('that fail prevent the copy, with what they printed, and are followed by the one for afterwards', async () => {
    engine.outcomes.set('flush', { output: 'no such table', exitCode: 3 });
    const failing = begin().prepare(used, { pause: true, execBefore: 'flush', execAfter: 'go on' });
    await expect(failing).rejects.toMatchObject({
      code: 'failed',
      message: 'The command "flush" in container web failed: exit code 3: no such table',
    });
    expect(engine.commands).toEqual(['web: sh -c flush', 'web: sh -c go on']);
    expect(stateOf('web')).toBe('running');
  });
  const owed = () => JSON.parse(readFileSync(join(folder, 'owed'), 'utf8'));
  test('for afterwards are run by the next process if one is killed before, once, and after the pause', async () => {
    await begin().prepare(used, { pause: true, execBefore: 'flush', execAfter: 'go on' });
    expect(owed()).toEqual([{ socket: engine.socket, id: 'web-id', name: 'web', command: 'go on' }]);
    const next = begin();
    await (await next.prepare(used, { execBefore: 'look' })).release();
    expect(engine.commands).toEqual(['web: sh -c flush', 'web: sh -c go on', 'web: sh -c look']);
    expect(owed()).toEqual([]);
    await begin().begun;
    expect(engine.commands).toHaveLength(3);
  });
  test('for afterwards wait for an engine that is not there, and are given up with their container', async () => {
    engine.containers.push(running('api', { driver: 'all' }));
    const first = begin();
    for (const execIn of ['web', 'api']) await first.prepare(used, { execAfter: `end ${execIn}`, execIn });
    isPresent = false;
    engine.containers.shift();
    begin();
    await new Promise((wait) => setTimeout(wait, 60));
    expect(owed()).toHaveLength(2);
    isPresent = true;
    await eventually('nothing is owed', async () => owed().length === 0);
    expect(engine.commands).toEqual(['api: sh -c end api']);
  });
  test('for afterwards are owed no more once they were run, also if they failed', async () => {
    engine.outcomes.set('go on', { output: '', exitCode: 1 });
    const prepared = await begin().prepare(used, { execAfter: 'go on' });
    expect(owed()).toHaveLength(1);
    await expect(prepared.release()).rejects.toMatchObject({ code: 'failed' });
    expect(owed()).toEqual([]);
  });
  test('need the name of a container if several use the volume', async () => {
    engine.containers.push(running('api', { driver: 'all' }));
    const containers = begin();
    await expect(containers.prepare(used, { execBefore: 'x' })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('web, api'),
    });
    await expect(containers.prepare(used, { execBefore: 'x', execIn: 'ap' })).rejects.toMatchObject({
      code: 'not-found',
    });
    await (await containers.prepare(used, { execBefore: 'x', execIn: 'api' })).release();
    expect(engine.commands).toEqual(['api: sh -c x']);
  });
  test('are not run if no container runs that uses the volume', async () => {
    engine.containers.shift();
    await (await begin().prepare(used, { pause: true, execBefore: 'x', execAfter: 'y' })).release();
    expect(engine.commands).toEqual([]);
  });
});

test('labels of docker-volume-backup are followed where they have the value', async () => {
  const label = (name: string) => `docker-volume-backup.${name}`;
  const stop = { [label('stop-during-backup')]: 'true' };
  engine.containers.splice(
    0,
    1,
    running('web', {
      labels: { ...stop, [label('archive-pre')]: 'dump', [label('archive-pre.user')]: 'git' },
    }),
    running('api', { labels: { [label('archive-post')]: 'rm dump', [label('exec-label')]: 'true' } }),
    running('own', { labels: { [label('archive-pre')]: 'never', [label('exec-label')]: 'mine' } }),
  );
  const prepared = await begin().prepare(used, { containerLabel: 'true' });
  expect(prepared.paused).toEqual(new Set(['web-id']));
  await prepared.release();
  expect(engine.commands).toEqual(['web as git: sh -c dump', 'api: sh -c rm dump']);
  await (await begin().prepare(used, {})).release();
  expect(engine.commands).toHaveLength(2);
});

test('a dry run names what would be done, and does nothing', async () => {
  const foreseen = await begin().foresee(used, { pause: true, execBefore: 'flush', execAfter: 'go on' });
  expect(foreseen.steps).toEqual([
    '"flush" would be run in container web before.',
    'Container web would be paused meanwhile.',
    '"go on" would be run in container web afterwards.',
  ]);
  expect(engine.commands).toEqual([]);
  expect(stateOf('web')).toBe('running');
});
