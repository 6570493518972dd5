import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { silentLog } from '../../../src/core/log.ts';
import type { Backup, BackupJob, Backups } from '../../../src/core/protect/backup.ts';
import { noBackups } from '../../../src/core/protect/no-backups.ts';
import { createAdminApp } from '../../../src/http/admin/app.ts';
import { openApiDocument } from '../../../src/http/admin/openapi.ts';
import { openAdminSocket } from '../../fakes/admin-socket.ts';
import { noContainers } from '../../fakes/no-containers.ts';
import { anyDriver, anyEvent, anyHealth } from './any-driver.ts';
import { type Operation, operationsOf, valuesOf } from './openapi-document.ts';

const operations = operationsOf(openApiDocument());

interface Asked {
  readonly operation: Operation;
  readonly path: string;
  readonly body: string;
}

interface Answered {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Valid values, by parameter. */
const values: Readonly<Record<string, string>> = {
  driver: 'gold',
  since: '2024-01-01',
  last: '3',
  results: '0',
};

/** A request for an operation, mostly with valid values. */
function askedOf(operation: Operation): fc.Arbitrary<Asked> {
  const word = (name: string) =>
    fc.oneof(
      {
        weight: 9,
        arbitrary: fc.constant(values[name] ?? 'db'),
      },
      { weight: 1, arbitrary: fc.string({ minLength: 1 }) },
    );
  const words = fc.tuple(...operation.parameters.map((parameter) => word(parameter.name)));
  const body = fc.oneof(
    { weight: 9, arbitrary: valuesOf(operation.body ?? {}).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: fc.string() },
  );
  return fc.record({ values: words, body }).map(({ values, body: sent }) => ({
    operation,
    path: pathWith(operation, values),
    body: operation.body === undefined ? '' : sent,
  }));
}

function pathWith({ path, parameters }: Operation, values: readonly string[]): string {
  const query = new URLSearchParams();
  let made = path;
  for (const [index, parameter] of parameters.entries()) {
    const value = values[index] ?? '';
    if (parameter.in === 'query') query.append(parameter.name, value);
    else made = made.replace(`{${parameter.name}}`, () => encodeURIComponent(value));
  }
  return query.size === 0 ? made : `${made}?${query}`;
}

function ask(socketPath: string, method: string, path: string, body: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      const [type = ''] = (response.headers['content-type'] ?? '').split(';');
      resolve({ status: response.statusCode ?? 0, type, text });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function expectFit(operation: Operation, { status, type, text }: Answered): void {
  const told = operation.responses.get(status);
  if (told === undefined) throw new Error(`${operation.path} does not describe ${status}: ${text}`);
  expect(type).toBe(told.type);
  const read = told.schema.safeParse(type === 'application/json' ? JSON.parse(text) : text);
  if (!read.success)
    throw new Error(`${operation.method} ${operation.path} ${status}: ${read.error.message}\n${text}`);
}

const backup: Backup = {
  ...{ id: '0123456789abcdef', repository: 'nas', plan: 'nightly', driver: 'gold', volume: 'db' },
  ...{
    createdAt: '2026-01-02T03:04:05Z',
    host: 'a',
    consistency: 'live',
    entries: 1,
    bytes: 2,
    unsettled: 0,
  },
  proof: { at: '2026-01-02T03:04:05Z', outcome: 'bad', extent: 'part', message: 'x' },
};
const job: BackupJob = {
  ...{ id: 'one', task: 'run', state: 'failed', progress: '' },
  results: [{ outcome: 'failed', driver: 'gold', volume: 'db', backup: 'x', code: 'failed', message: 'x' }],
  error: { code: 'failed', message: 'x' },
};
const anyBackups: Backups = {
  list: async () => ({ backups: [backup], failures: job.results, repositories: ['nas'], plans: [] }),
  begin: () => job,
  foresee: async () => ['It would run.'],
  job: (id) => (id.length % 2 === 0 ? job : undefined),
  news: async (id) => (id.length % 2 === 0 ? job : undefined),
};

test('every answer matches the document, for any request and any answer of the drivers', async () => {
  const succeeded = new Set<Operation>();
  const failed = new Set<number>();
  const unseen = () => operations.filter((operation) => !succeeded.has(operation)).map(({ path }) => path);
  // A request with many fields is seldom right by chance.
  for (let round = 0; round < 20 && (round === 0 || unseen().length > 0); round += 1)
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(...operations.map(askedOf)),
        fc.tuple(anyDriver('gold'), anyDriver('shared')),
        fc.array(anyEvent, { maxLength: 3 }),
        fc.array(anyHealth, { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        async (requests, drivers, events, health, isPlaced) => {
          const place = {
            socket: '/s',
            settings: { root: '/x', deep: [1, null] },
            defaults: {},
            profiles: {},
          };
          const containers = async () => ({ containers: [], silent: [] });
          const source = { find: async () => events };
          const placed = isPlaced ? place : undefined;
          const socket = await openAdminSocket(drivers, placed, source, containers, () => health, anyBackups);
          try {
            for (const { operation, path, body } of requests) {
              const answered = await ask(socket.path, operation.method, path, body);
              expectFit(operation, answered);
              if (answered.status < 300) succeeded.add(operation);
              else failed.add(answered.status);
            }
          } finally {
            await socket.close();
          }
        },
      ),
      { numRuns: 40 },
    );
  expect(unseen()).toEqual([]);
  expect([...failed]).toEqual(expect.arrayContaining([400, 404, 500]));
});

test('a request that does not fit the document is refused with an error that does', async () => {
  const socket = await openAdminSocket([]);
  const [operation] = operations;
  if (operation === undefined) throw new Error('The document is empty.');
  try {
    for (const [method, path] of [
      ['GET', '/v2'],
      ['PUT', '/v1/version'],
      ['POST', '/openapi.json'],
      ['GET', '/v1/volumes/%ff/x'],
      ['GET', '/v1/volumes?driver=a&driver=b'],
      ['GET', '/v1/events?since=never'],
    ] as const) {
      const answered = await ask(socket.path, method, path, '');
      expect([400, 404]).toContain(answered.status);
      expectFit(operation, answered);
    }
  } finally {
    await socket.close();
  }
});

test('the daemon has no route that the document does not describe', () => {
  const app = createAdminApp({
    driversFor: () => new Map(),
    containers: async () => ({ containers: [], silent: [] }),
    events: { find: async () => [] },
    metrics: async () => ({ contentType: '', text: '' }),
    version: '0',
    log: silentLog,
    history: async () => ({ times: [], latency: [], fullness: [] }),
    health: () => [],
    backups: noBackups,
    reload: async () => ({ added: [], changed: [], removed: [], refused: [] }),
    progress: () => ({ works: [], unlisted: 0 }),
    preparing: noContainers,
    foreseeReload: async () => ({ added: [], changed: [], removed: [], refused: [] }),
  });
  const routes = app.router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : route.stack.map(({ method }) => `${method.toUpperCase()} ${route.path.replace(/:(\w+)/g, '{$1}')}`),
  );
  expect(routes.sort()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).sort());
});

test('the commands and the page use only paths of the document', () => {
  const source = join(import.meta.dirname, '../../../src');
  const used = ['cli', 'doctor', 'web'].flatMap((folder) =>
    readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .flatMap((file) => [
        ...readFileSync(join(source, folder, file), 'utf8').matchAll(
          /['`](\/(?:v1\/|openapi|metrics|health)[^'`]*)/g,
        ),
      ])
      .map(([, path = '']) => path.replace(/\?.*|\$\{query\}/, '').replace(/\$\{[^}]*\}/g, '{}')),
  );
  const described = new Set(operations.map(({ path }) => path.replace(/\{\w+\}/g, '{}')));
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((path) => !described.has(path))).toEqual([]);
});
