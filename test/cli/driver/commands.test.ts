import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { operatorId } from '../../../src/core/mount-ledger.ts';
import { parseMountId, parseVolumeName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { type AdminSocket, openAdminSocket } from '../../fakes/admin-socket.ts';
import { createFakeDriver, type FakeDriver } from '../../fakes/fake-driver.ts';
import { runHere } from '../in-process.ts';

let gold: FakeDriver;
let socket: AdminSocket;
const db = parseVolumeName('db');
const run = (...words: string[]) => runHere([...words, '--socket', socket.path]);

beforeEach(async () => {
  gold = createFakeDriver('gold');
  socket = await openAdminSocket([gold, createFakeDriver('shared')], {
    socket: '/run/docker/plugins/gold.sock',
    settings: { root: '/srv/volumes', endpoint: 'https://user:hunter2@ec2.example', token: 'hunter2' },
    defaults: { mode: '0750' },
    profiles: { logs: { uid: '1000' } },
  });
});
afterEach(() => socket.close());

describe('holdfast driver', () => {
  test('ls shows backend, scope, counts and socket', async () => {
    await gold.create(db, {});
    expect((await run('driver', 'ls')).out).toBe(
      [
        'DRIVER  BACKEND  SCOPE  VOLUMES  MOUNTED  HEALTH  SOCKET',
        'gold    fake     local  1        0        -       /run/docker/plugins/gold.sock',
        'shared  fake     local  0        0        -       /run/docker/plugins/gold.sock',
        '',
      ].join('\n'),
    );
  });
  test('inspect shows the settings without their secrets', async () => {
    const { out, code } = await run('driver', 'inspect', 'gold');
    expect(code).toBe(0);
    expect(out).toMatch(/^Settings +root=\/srv\/volumes$/m);
    expect(out).toMatch(/^Defaults +mode=0750$/m);
    expect(out).toMatch(/^Profiles +logs: uid=1000$/m);
    expect(out).toMatch(/^List read +2 s ago$/m);
    const json = await run('driver', 'inspect', 'gold', '--json');
    expect(JSON.parse(json.out)).toMatchObject({ name: 'gold', settings: { root: '/srv/volumes' } });
    for (const text of [out, json.out]) expect(text).not.toContain('hunter2');
  });
  test('inspect of an unknown driver suggests the nearest', async () => {
    expect(await run('driver', 'inspect', 'gond')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Did you mean gold?'),
    });
  });
});

describe('holdfast drain --check', () => {
  test('with nothing mounted, the drain is safe', async () => {
    expect(await run('drain', '--check')).toEqual({
      code: 0,
      out: 'Nothing is mounted here: this host can be stopped.\n',
      err: '',
    });
  });
  test('names users, what the drain would interrupt, and what to do; the exit code says whether it is safe', async () => {
    for (const name of ['db', 'hand']) await gold.create(parseVolumeName(name), {});
    await gold.mount(db, parseMountId('a'), { gone: () => false });
    await gold.mount(parseVolumeName('hand'), operatorId, { gone: () => false });
    const user = { pid: 7, command: 'postgres', containerId: 'c'.repeat(64), mountpoint: '/data' };
    gold.used.set(db, { use: 'used', users: [user] });
    const { code, out } = await run('drain', '--check');
    expect(code).toBe(1);
    expect(out).toMatch(/^gold +db +in-use, writes +container cccccccccccc \(postgres\) +nowhere +Somebody/m);
    expect(out).toMatch(
      /^gold +hand +held +operator +nowhere +An operator holds it\. Give it back with `holdfast volume unmount hand --driver gold`/m,
    );
    expect(out).toContain('This host cannot be stopped yet.');
    const answer = JSON.parse((await run('drain', '--check', '--json')).out);
    expect(answer).toMatchObject({
      isSafe: false,
      volumes: [
        { name: 'db', state: 'in-use', cutsWriter: true, users: [user], after: 'nowhere' },
        { name: 'hand', state: 'held', cutsWriter: false },
      ],
    });
  });
  test('an unknown use is not safe', async () => {
    gold.failNext(new VolumeError('failed', '/proc cannot be read.'));
    const { code, out, err } = await run('drain', '--check');
    expect(code).toBe(1);
    expect(out).toContain('It is unknown whether');
    expect(err).toContain('Driver gold: /proc cannot be read.');
  });
  test('without --check, the arguments are invalid: nothing is drained by mistake', async () => {
    expect((await run('drain')).code).toBe(2);
  });
});
