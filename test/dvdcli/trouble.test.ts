import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { driver, openFakeDaemon } from './fake-daemon.ts';
import { openOtherPlugin, openSocket } from './other-plugin.ts';
import { useBench } from './run-here.ts';

const bench = useBench();
const words = (verb: string, name = 'db') => [verb, driver, `--volumename=${name}`];
const socket = () => `${bench().folder}/plugins/holdfast.sock`;

/** The one error line of a failed command. */
async function lineOf(asked: readonly string[], patience = {}): Promise<string> {
  const { code, out, err } = await bench().run(asked, patience);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^dvdcli: [^\n]+\n$/);
  return err.slice('dvdcli: '.length, -1);
}

describe('a driver that is not there', () => {
  test.each(['mount', 'path', 'get', 'create', 'remove'])(
    'fails %s after a bounded wait, with the existing drivers and the nearest one',
    async (verb) => {
      const { folder } = bench();
      for (const [place, names] of [
        ['plugins/nfs', ['nfs.sock']],
        ['etc', ['flocker.spec']],
        ['usr', ['convoy.json']],
        ['plugins', ['holdfast-2.sock', 'README']],
      ] as const) {
        mkdirSync(`${folder}/${place}`, { recursive: true });
        for (const name of names) writeFileSync(`${folder}/${place}/${name}`, '');
      }
      const began = Date.now();
      expect(await lineOf(words(verb))).toBe(
        `Driver holdfast did not appear in ${folder}/plugins within 1 s; the drivers are convoy, flocker, holdfast-2, nfs; did you mean holdfast-2?`,
      );
      expect(Date.now() - began).toBeGreaterThanOrEqual(250);
    },
  );

  const mountedAt = (point: string) =>
    writeFileSync(
      `${bench().folder}/mountinfo`,
      `29 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 29 8:1 /x ${point} rw - ext4 /dev/sda1 rw\n`,
    );

  test.each(['holdfast', 'holdfsat', '../x', 'a b', '', 'x'.repeat(300), 'vieux/sshfs'])(
    'called %j, with no volume mounted, makes unmount succeed at once',
    async (name) => {
      mountedAt('/mnt/holdfast/dba');
      const ended = bench().run(['unmount', `--volumedriver=${name}`, '--volumename=db'], { absent: 60_000 });
      expect(await ended).toEqual({ code: 0, out: '', err: '' });
    },
  );

  test.each([
    ['db', '/mnt/holdfast/db'],
    ['db', '/var/lib/libstorage/volumes/db/data'],
    ['my db', '/mnt/other/my\\040db'],
  ])('fails unmount of %j while %s is mounted: its driver may be starting', async (name, point) => {
    mountedAt(point);
    expect(await lineOf(words('unmount', name))).toMatch(/^Driver holdfast did not appear in .* within 1 s/);
  });

  test('fails unmount if the mounts of this host cannot be read', async () => {
    rmSync(`${bench().folder}/mountinfo`);
    expect(await lineOf(words('unmount'))).toMatch(/^Driver holdfast did not appear/);
  });

  test('fails unmount if a file that names it cannot be parsed', async () => {
    mkdirSync(`${bench().folder}/etc`);
    writeFileSync(`${bench().folder}/etc/holdfast.spec`, 'nowhere');
    expect(await lineOf(words('unmount'))).toMatch(/which is not the address of a plugin/);
  });

  test('and a volume without a name need no unmount', async () => {
    expect(await bench().run(['unmount', driver, '--volumename='])).toEqual({ code: 0, out: '', err: '' });
    expect(await lineOf(['unmount', driver])).toContain('--volumename is missing');
  });

  test('also fails if nothing of Docker exists', async () => {
    expect(await lineOf(words('mount'))).toContain('there is no other driver; start its daemon.');
  });

  test.each(['../x', 'a b', '', 'x'.repeat(300), '.', 'd\u00e4ta'])(
    'and cannot exist, called %j, fails at once',
    async (name) => {
      const message = await lineOf(['mount', `--volumedriver=${name}`, '--volumename=db'], {
        absent: 60_000,
      });
      expect(message).toMatch(/The driver name .*(use letters|use at most 200)|--volumedriver is empty/);
    },
  );

  test('is waited for: its socket may be missing, and refuse, for a while', async () => {
    const { folder, run, closing } = bench();
    const mounting = run(words('mount'), { absent: 100_000, all: 110_000 });
    await new Promise((resolve) => setTimeout(resolve, 150));
    const stale = await openSocket(socket(), () => undefined);
    await stale();
    closing(await openFakeDaemon(folder, ['db']));
    expect(await mounting).toMatchObject({ code: 0, out: `${folder}/mnt/holdfast/db\n` });
  });

  test('that dies during a call is called again when it is back', async () => {
    const { folder, run, closing } = bench();
    let asked: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const dying = await openSocket(socket(), (connection) => connection.on('data', asked));
    const mounting = run(words('mount'), { absent: 100_000, all: 110_000 });
    await reached;
    await dying();
    closing(await openFakeDaemon(folder, ['db']));
    expect(await mounting).toMatchObject({ code: 0 });
  });
});

describe('a socket that', () => {
  test('nobody listens on is an error that names it, also for unmount', async () => {
    // Leaves a socket file like a killed daemon; Node would remove the file at a normal end.
    mkdirSync(`${bench().folder}/plugins`);
    const leave = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', leave, socket()]);
    for (const verb of ['mount', 'unmount']) {
      expect(await lineOf(words(verb))).toBe(
        `Driver holdfast: ${socket()} did not answer within 1 s (ECONNREFUSED): is its daemon running?`,
      );
    }
  });

  const says = async (bytes: string, then: 'closes' | 'stays') => {
    const { closing } = bench();
    const close = await openSocket(socket(), (connection) =>
      connection.once('data', () => (then === 'closes' ? connection.end(bytes) : connection.write(bytes))),
    );
    closing({ close });
  };

  test.each([
    [
      'SSH-2.0-OpenSSH_9.2\r\n',
      'stays',
      'it answered Get with something that is not HTTP: "SSH-2.0-OpenSSH_9.2',
    ],
    [
      '\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c',
      'stays',
      'with something that is not HTTP: "\\u0000\\u0001',
    ],
    ['HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"Volume', 'closes', 'with half an HTTP answer'],
    ['HTTP/1.1 200 OK\r\nContent-Le', 'closes', 'with half an HTTP answer'],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"Volume":',
      'stays',
      'with something that is not a JSON object: "{',
    ],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>',
      'stays',
      'with something that is not a JSON object: "<html>"',
    ],
    [
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull',
      'stays',
      'with something that is not a JSON object: "null"',
    ],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'stays', 'with something that is not a JSON object: ""'],
  ] as const)('says %j is not a volume plugin', async (bytes, then, what) => {
    await says(bytes, then);
    const message = await lineOf(words('mount'));
    expect(message).toContain(`Driver holdfast: ${socket()} is not a volume plugin: `);
    expect(message).toContain(what);
  });

  test.each([
    [404, '<html><body>Not Found</body></html>', 'HTTP 404 and "<html><body>Not Found'],
    [201, '{}', 'HTTP 201 and "{}"'],
    [204, '', 'HTTP 204 and nothing'],
  ])('answers %i %j is quoted', async (status, body, what) => {
    const { closing } = bench();
    closing(await openOtherPlugin(socket(), () => ({ status, body })));
    expect(await lineOf(words('mount'))).toContain(`${socket()} answered Create with ${what}`);
  });

  test('closes each connection without an answer is given up', async () => {
    const { closing } = bench();
    closing({ close: await openSocket(socket(), (connection) => connection.end()) });
    expect(await lineOf(words('mount'))).toContain('closed the connection without an answer within 1 s');
  });

  test('closes after each answer is dialled again', async () => {
    const { closing, run, folder } = bench();
    mkdirSync(`${folder}/data`);
    const answer = JSON.stringify({ Volume: { Name: 'db' }, Mountpoint: `${folder}/data` });
    const close = await openSocket(socket(), (connection) =>
      connection.once('data', () => connection.end(`HTTP/1.0 200 OK\r\n\r\n${answer}`)),
    );
    closing({ close });
    expect(await run(words('mount'))).toMatchObject({ code: 0, out: `${folder}/data\n` });
  });

  test('never answers is given up in time, and the message says that the work may continue', async () => {
    const { closing } = bench();
    closing({ close: await openSocket(socket(), () => undefined) });
    expect(await lineOf(words('get'), { quick: 200 })).toBe(
      'Driver holdfast has not answered Get within 0 s.',
    );
    expect(await lineOf(words('create'), { all: 1_000 })).toBe(
      'Driver holdfast has not answered Create within 1 s. The work may continue: the same command again joins it.',
    );
  });

  test('cannot be looked at is an error with the reason', async () => {
    const { folder } = bench();
    mkdirSync(`${folder}/plugins`);
    symlinkSync('holdfast.sock', socket());
    expect(await lineOf(words('mount'))).toContain('ELOOP');
  });
});

describe('a mountpoint that', () => {
  const answering = async (Mountpoint: unknown, before = {}) => {
    const { closing } = bench();
    return closing(
      await openOtherPlugin(socket(), (method) =>
        method === 'Get' ? { Volume: { Name: 'db', ...before } } : { Mountpoint },
      ),
    );
  };

  test.each([
    ['', 'named no mountpoint'],
    [undefined, 'named no mountpoint'],
    [5, 'named no mountpoint'],
    ['mnt/db', 'its mountpoint "mnt/db" is not an absolute path'],
    ['/tmp\n/x', 'its mountpoint "/tmp\\n/x" cannot be passed to Mesos'],
    ['/tmp ', 'its mountpoint "/tmp " cannot be passed to Mesos'],
    ['/nonexistent/db', 'its mountpoint "/nonexistent/db" is not a directory of this host'],
    ['/etc/passwd', 'its mountpoint "/etc/passwd" is not a directory of this host'],
    [`/${'x'.repeat(5000)}`, 'x'],
  ])('is %j fails the mount with the reason, and is given back', async (mountpoint, why) => {
    const { calls } = await answering(mountpoint);
    expect(await lineOf(words('mount'))).toContain(why);
    expect(calls).toEqual(['Get', 'Mount', 'Unmount']);
  });

  test('is unusable is left to its earlier users', async () => {
    const { calls } = await answering('/nonexistent/db', { Mountpoint: '/mnt/db' });
    await lineOf(words('mount'));
    expect(calls).toEqual(['Get', 'Mount']);
  });

  test('is a mount is not accessed: its server may hang', async () => {
    const line = '36 35 98:0 /of/another /nonexistent/my\\040db rw - nfs x:/y rw\n';
    writeFileSync(`${bench().folder}/mountinfo`, line);
    const { close } = await answering('/nonexistent/my db');
    expect(await bench().run(words('mount'))).toEqual({ code: 0, out: '/nonexistent/my db\n', err: '' });
    await close();
    await answering('/of/another');
    expect(await lineOf(words('mount'))).toContain('"/of/another" is not a directory of this host');
  });
});

describe('names that Mesos allows and Holdfast does not', () => {
  test.each(['../x', 'a/b', 'a b', '  ', 'dätä', '日本', 'x'.repeat(300), '.', '..', '-x', 'v@ds'])(
    '%j: a line that says so, exit 1, and nothing is left',
    async (name) => {
      const { closing, folder } = bench();
      const { rig } = closing(await openFakeDaemon(folder, []));
      expect(await lineOf(words('mount', name))).toContain('The volume name ');
      expect([...rig.driver.list()]).toEqual([]);
      expect(await rig.host.mounts.below(`${folder}/mnt/holdfast`)).toEqual([]);
    },
  );

  test('a thousand options: a line that names one, exit 1, and nothing is left', async () => {
    const { closing, folder } = bench();
    const { rig } = closing(await openFakeDaemon(folder, []));
    const many = Array.from({ length: 1000 }, (_, index) => `--volumeopts=key-${index}=${index}`);
    expect(await lineOf([...words('mount'), ...many])).toContain('Volume db: 1000 options are too many');
    expect([...rig.driver.list()]).toEqual([]);
  });
});
