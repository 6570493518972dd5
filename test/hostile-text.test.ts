import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { silentLog } from '../src/core/log.ts';
import { parseVolumeName } from '../src/core/names.ts';
import { VolumeError } from '../src/core/volume-error.ts';
import type { VolumeDriver } from '../src/driver/volume-driver.ts';
import { runDvdcli } from '../src/dvdcli/run.ts';
import { createPluginApp } from '../src/http/plugin/app.ts';
import { type Listening, listenOnPath } from '../src/http/sockets.ts';
import { createWiredServer } from '../src/http/wired-server.ts';
import { createAudit } from '../src/telemetry/create-audit.ts';
import { createLog } from '../src/telemetry/create-log.ts';
import { runHere } from './cli/in-process.ts';
import { type AdminSocket, openAdminSocket } from './fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from './fakes/fake-driver.ts';
import { callPlugin } from './fakes/plugin-client.ts';
import { placesOfSecrets } from './fakes/secrets.ts';
import { listenParts } from './lab/network/listen-parts.ts';

/** The places that show text chosen by others. Each one gets the text and returns, decoded, what people see of it. */
const doors: readonly (readonly [string, (text: string) => Promise<string>])[] = [
  ['the log as text', async (text) => logged('text', text)],
  ['the log as JSON', async (text) => logged('json', text)],
  ['the audit log', async (text) => audited(text)],
  ['Err of the plugin protocol', async (text) => strings(await refused(text))],
  ['Status, which the engine prints', async (text) => strings(await inspected(text))],
  ['a command', async (text) => commanded(text, [])],
  ['a command with --json', async (text) => commanded(text, ['--json'])],
  ['a table of a command', async (text) => tabled(text, [])],
  ['dvdcli', async (text) => dvdcli(text)],
];

let folder: string;
let driver: FakeDriver;
let hostile = '';
let admin: AdminSocket;
let plugin: Listening;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-hostile-'));
  driver = createFakeDriver('holdfast');
  await driver.create(parseVolumeName('db'), {});
  const telling: VolumeDriver = {
    ...driver,
    async get(name) {
      const view = await driver.get(name);
      const user = { pid: 7, command: hostile, mountpoint: `/data/${hostile}` };
      return view && { ...view, details: { place: hostile, [`k${hostile}`]: 'x' }, mustRestart: [user] };
    },
  };
  admin = await openAdminSocket([telling]);
  plugin = await listenOnPath(
    createWiredServer(createPluginApp(telling, silentLog)),
    join(folder, 'plugins/holdfast.sock'),
    listenParts,
  );
});
afterAll(async () => {
  await admin.close();
  await plugin.close();
  rmSync(folder, { recursive: true });
});

function logged(format: 'text' | 'json', text: string): string {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const log = createLog({ level: 'info', format }, { stream, isTerminal: false, noColor: true });
  const error = new VolumeError('failed', text, { cause: new Error(text) });
  log.write('info', 'call', { error, command: text, [text]: 'key', list: [text] });
  const [line = '', ...more] = chunks.join('').split('\n');
  expect(more).toEqual(['']);
  return line;
}

function audited(text: string): string {
  const file = join(folder, 'audit.log');
  rmSync(file, { force: true });
  createAudit({ log: silentLog, file: { path: file } })({
    act: 'delete',
    driver: 'holdfast',
    volume: 'db',
    evidence: text,
  });
  const [line = '', ...more] = readFileSync(file, 'utf8').split('\n');
  expect(more).toEqual(['']);
  return line;
}

async function refused(text: string): Promise<unknown> {
  driver.failNext(new VolumeError('in-use', text));
  return (await callPlugin(plugin.path, 'VolumeDriver.Remove', { Name: 'db' })).json;
}

async function inspected(text: string): Promise<unknown> {
  hostile = text;
  return (await callPlugin(plugin.path, 'VolumeDriver.Get', { Name: 'db' })).json;
}

/** All strings in a JSON value, as a program prints them after decoding. */
function strings(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .flatMap(([key, inner]) => [key, strings(inner)])
    .join(' ');
}

async function commanded(text: string, more: readonly string[]): Promise<string> {
  driver.failNext(new VolumeError('in-use', text));
  const { out, err } = await runHere([
    'volume',
    'rm',
    'db',
    '--driver',
    'holdfast',
    '--socket',
    admin.path,
    ...more,
  ]);
  // Only the line with its own name.
  expect(err.split('\n').slice(1)).toEqual(['']);
  return `${out.trimEnd()}${err.trimEnd()}`.replaceAll('\n', '');
}

async function tabled(text: string, more: readonly string[]): Promise<string> {
  hostile = text;
  const { out } = await runHere([
    'volume',
    'inspect',
    'db',
    '--driver',
    'holdfast',
    '--socket',
    admin.path,
    ...more,
  ]);
  expect(out.split('\n').filter((line) => /^\S/.test(line)).length).toBeLessThan(12);
  return out.replaceAll('\n', ' ');
}

async function dvdcli(text: string): Promise<string> {
  driver.failNext(new VolumeError('in-use', text));
  const missing = join(folder, 'none');
  const places = {
    sockets: join(folder, 'plugins'),
    specs: [missing],
    engineConfig: missing,
    engineData: missing,
    mountTable: '/proc/self/mountinfo',
  };
  const { err } = await runDvdcli(['remove', '--volumedriver=holdfast', '--volumename=db'], { places });
  expect(err.split('\n').slice(1)).toEqual(['']);
  return err.trimEnd();
}

describe.each(doors)('%s', (_, show) => {
  test('never prints terminal control sequences, for any input', async () => {
    const steering = fc.constantFrom(
      '\u001b[2J',
      '\u009b31m',
      '\u007f',
      '\u202e',
      '\u2066',
      '\u200b',
      '\u2028',
      '\n',
      '\r',
      '\u0007',
      '\ud800',
      '\u061c',
      '\u0085',
    );
    const text = fc.array(fc.oneof(steering, fc.string({ unit: 'binary', maxLength: 5 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(text, async (pieces) => {
        expect(await show(`process 4711 (${pieces.join('')}) has it`)).not.toMatch(
          /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('never prints a secret, in any form', async () => {
    for (const [, { secret, place }] of placesOfSecrets) {
      const [hidden = ''] = fc.sample(secret, { numRuns: 1, seed: 7 });
      const text = await show(`mount said ${place(hidden)} and failed`);
      expect(text).not.toContain(hidden);
      expect(text).not.toContain(JSON.stringify(hidden).slice(1, -1));
    }
  });
});
