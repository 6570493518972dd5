import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseWords } from '../../src/dvdcli/parse-words.ts';
import { usualPlaces } from '../../src/dvdcli/plugin.ts';
import { runDvdcli } from '../../src/dvdcli/run.ts';

const asked = { kind: 'ask', verb: 'mount', driver: 'd', volume: 'v', explicitCreate: false };

function options(...words: readonly string[]): Readonly<Record<string, string>> {
  const command = parseWords(['mount', '--volumedriver=d', '--volumename=v', ...words]);
  return command.kind === 'ask' ? { ...command.options } : {};
}

describe('the arguments of dvdcli', () => {
  test.each([
    ['as Mesos writes them', ['mount', '--volumedriver=d', '--volumename=v']],
    ['in another order', ['--volumename=v', '--volumedriver=d', 'mount']],
    ['with separate values', ['mount', '--volumedriver', 'd', '--volumename', 'v']],
    ['with one dash', ['mount', '-volumedriver=d', '-volumename', 'v']],
    ['with a disabled switch', ['mount', '--explicitcreate=false', '--volumedriver=d', '--volumename=v']],
  ])('are understood %s', (_, words) => {
    expect(parseWords(words)).toMatchObject(asked);
  });

  test.each(['mount', 'unmount', 'path', 'create', 'remove', 'get'])(
    '%s takes a driver and a volume',
    (verb) => {
      expect(parseWords([verb, '--volumedriver=d', '--volumename=v'])).toMatchObject({ ...asked, verb });
      expect(() => parseWords([verb, '--volumedriver=d'])).toThrow(
        '--volumename is missing: see `dvdcli --help`.',
      );
    },
  );

  test('list takes a driver alone; --explicitcreate is a switch', () => {
    expect(parseWords(['list', '--volumedriver=d'])).toMatchObject({ verb: 'list', volume: '' });
    expect(parseWords(['mount', '--volumedriver=d', '--volumename=v', '--explicitcreate'])).toMatchObject({
      explicitCreate: true,
    });
  });

  test('a value that begins with a dash, or is a command, is a value', () => {
    expect(parseWords(['get', '--volumename', '-x', '--volumedriver', 'mount'])).toMatchObject({
      volume: '-x',
      driver: 'mount',
    });
  });

  test.each([
    [[], 'No command is given'],
    [['--volumedriver=d'], 'No command is given'],
    [['mounted', '--volumedriver=d', '--volumename=v'], '"mounted" is not a command'],
    [['mount', '--volumename=v'], '--volumedriver is missing'],
    [['mount', '--volumedriver=', '--volumename=v'], '--volumedriver is empty'],
    [['mount', '--volumedriver=d', '--volumename='], '--volumename is empty'],
    [['mount', '--volumedriver=d', '--volumename=v', '--volumename=w'], '--volumename is given 2 times'],
    [['mount', '--volumedriver=d', '--volumename'], '--volumename has no value'],
    [['mount', '--volumedriver=d', '--volumename=my', 'volume'], '"volume" is neither a flag nor the value'],
    [['mount', '--volumnedriver=d'], 'There is no flag "--volumnedriver=d"'],
    [
      ['mount', '--volumedriver=d', '--volumename=v', '--explicitcreate=perhaps'],
      '--explicitcreate is true or false, not "perhaps"',
    ],
    [['mount', '-'], 'There is no flag "-"'],
  ])('%j: one line names the error, and exit 1', async (words, what) => {
    const ended = await runDvdcli(words, { places: usualPlaces('/nonexistent') });
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(/^dvdcli: [^\n]+: see `dvdcli --help`\.\n$|write --volume\w+=[A-Z_]+: see/);
    expect(ended.err).toContain(what);
  });

  test.each([[['--help']], [['help']], [['mount', '-h']]])('%j is the help', async (words) => {
    const { code, out, err } = await runDvdcli(words, { places: usualPlaces('/nonexistent') });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const verb of ['mount', 'unmount', 'path', 'list', 'create', 'remove', 'get'])
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
  });

  test.each([['--version'], ['version']])('%s is the version', async (word) => {
    const { code, out } = await runDvdcli([word], { places: usualPlaces('/nonexistent') });
    expect(code).toBe(0);
    expect(out).toMatch(/^dvdcli \d+\.\d+\.\d+\n$/);
  });
});

describe('options', () => {
  test('joined to their flag are one each, with any value', () => {
    expect(options('--volumeopts=size=10GiB', '-volumeopts=o=ro,vers=4.1,x y', '--volumeopts=k==a=')).toEqual(
      {
        size: '10GiB',
        o: 'ro,vers=4.1,x y',
        k: '=a=',
      },
    );
  });

  test('joined to their flag are never a list, even if they look like one', () => {
    expect(options('--volumeopts=o=vers=4.1,proto=tcp', '--volumeopts=a=1,b=2')).toEqual({
      o: 'vers=4.1,proto=tcp',
      a: '1,b=2',
    });
  });

  test('any key and value that Mesos may pass arrive as they are', () => {
    const key = fc.string({ minLength: 1 }).filter((text) => !text.includes('='));
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ minLength: 1 }), { maxKeys: 20 }), (wanted) => {
        const words = Object.entries(wanted).map(([name, value]) => `--volumeopts=${name}=${value}`);
        expect(options(...words)).toEqual({ ...wanted });
      }),
    );
  });

  test('as a separate argument are the classic list, if they look like it', () => {
    expect(options('--volumeopts', 'size=5,iops=150')).toEqual({ size: '5', iops: '150' });
    expect(options('--volumeopts', 'size=5')).toEqual({ size: '5' });
    expect(options('--volumeopts', 'o=ro,hard')).toEqual({ o: 'ro,hard' });
    expect(options('--volumeopts', 'o=addr=1.2.3.4,vers=4')).toEqual({ o: 'addr=1.2.3.4,vers=4' });
  });

  test('a thousand are accepted', () => {
    const words = Array.from({ length: 1000 }, (_, index) => `--volumeopts=key-${index}=${index}`);
    expect(Object.keys(options(...words))).toHaveLength(1000);
  });

  test('__proto__ is an option like any other, for the driver to refuse', () => {
    const command = parseWords(['create', '--volumedriver=d', '--volumename=v', '--volumeopts=__proto__=x']);
    expect(JSON.stringify(command.kind === 'ask' && command.options)).toBe('{"__proto__":"x"}');
  });

  test.each([
    ['size', 'The option "size" has no value: write --volumeopts=size=VALUE, or leave it out.'],
    ['size=', 'The option "size" has no value: write --volumeopts=size=VALUE, or leave it out.'],
    ['', 'The option "" has no name: write --volumeopts=KEY=VALUE, or leave it out.'],
    ['=5', 'The option "=5" has no name: write --volumeopts=KEY=VALUE, or leave it out.'],
    ['a b', 'The option "a b" has no value: write --volumeopts=KEY=VALUE, or leave it out.'],
  ])('%j is refused, and the error says what to write', (word, message) => {
    expect(() => options(`--volumeopts=${word}`)).toThrow(message);
  });

  test('the same one twice is refused', () => {
    expect(() => options('--volumeopts=a=1', '--volumeopts=a=2')).toThrow('The option "a" is given twice');
  });
});
