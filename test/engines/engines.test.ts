import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failedContainers } from '../../src/engines/failed-containers.ts';
import { knownVolumes } from '../../src/engines/known-volumes.ts';
import { askHere } from '../../src/engines/questions.ts';

let folder: string;
let socket: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-engines-'));
  socket = join(folder, 'engine.sock');
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** An engine with an answer for each path; undefined: it never answers. */
function engine(answers: Readonly<Record<string, unknown>>): Promise<void> {
  const listening = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (path in answers && answers[path] === undefined) return;
    response.writeHead(path in answers ? 200 : 404).end(JSON.stringify(answers[path] ?? {}));
  });
  server = listening;
  return new Promise((resolve) => listening.listen(socket, resolve));
}

describe('the volumes that an engine knows', () => {
  test('are those of our drivers', async () => {
    await engine({
      '/volumes': {
        Volumes: [
          { Name: 'db', Driver: 'gold' },
          { Name: 'own', Driver: 'local' },
        ],
      },
    });
    expect(await knownVolumes(askHere, ['gold'], [join(folder, 'none.sock'), socket])).toEqual([
      { socket, volumes: ['db'] },
    ]);
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['answers nonsense', { '/volumes': [null] }],
    ['has none', { '/volumes': { Volumes: null } }],
    ['refuses', {}],
    ['does not answer', { '/volumes': undefined }],
  ])('are empty for an engine that %s', async (_, answers) => {
    await engine(answers);
    expect(await knownVolumes(askHere, ['gold'], [socket])).toEqual([]);
  });
});

test('containers that an engine could not start are those with a restart policy and our volumes', async () => {
  const mounts = (driver: string) => ({ Mounts: [{ Name: 'db', Driver: driver }] });
  const container = (name: string, error: string, policy: string) => ({
    Name: `/${name}`,
    State: { Error: error },
    HostConfig: { RestartPolicy: { Name: policy } },
  });
  await engine({
    '/containers/json': ['web', 'once', 'ended', 'other'].map((id) => ({
      Id: id,
      ...mounts(id === 'other' ? 'local' : 'gold'),
    })),
    '/containers/web/json': container('web', 'error while mounting volume', 'always'),
    '/containers/once/json': container('once', 'error while mounting volume', 'no'),
    '/containers/ended/json': container('ended', '', 'always'),
    '/containers/other/json': container('other', 'error', 'always'),
  });
  expect(await failedContainers(askHere, ['gold'], [socket])).toEqual([
    { socket, container: 'web', volumes: ['db'], reason: 'error while mounting volume' },
  ]);
});
