import { describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import type { AdminClient } from '../../../src/cli/admin-client.ts';
import { createPrinter } from '../../../src/cli/print.ts';
import type { Terminal } from '../../../src/cli/terminal.ts';
import { type ListOptions, listVolumes } from '../../../src/cli/volume/ls.ts';
import { sink } from '../in-process.ts';

const gibibyte = 1024 ** 3;
const image = {
  driver: 'fast',
  name: 'db',
  id: '00000000000000aa',
  createdAt: '2026-01-02T03:04:05Z',
  mountpoint: '/mnt/fast/db',
  options: { size: '10GiB', uid: '1000' },
  holders: [{ id: 'c'.repeat(64) }, { id: 'operator' }, { id: 'third' }],
  usage: { of: 'volume', usedBytes: 9.3 * gibibyte, sizeBytes: 10 * gibibyte },
  health: { state: 'ok' },
};
const directory = {
  driver: 'shared',
  name: 'photos',
  id: '00000000000000bb',
  createdAt: '2026-01-01T03:04:05Z',
  options: { uid: '0' },
  holders: [],
  usage: { of: 'volume', usedBytes: 5 * 1024 ** 2, isAtLeast: true },
  health: { state: 'slow' },
};
const away = {
  driver: 'ebs',
  name: 'away',
  holders: [],
  usage: { of: 'volume', sizeBytes: 100 * gibibyte },
  details: { attachedTo: 'i-0123456789abcdef0' },
};
const broken = { driver: 'shared', name: 'broken', unreadable: 'Its record is empty.', holders: [] };
const all = [image, directory, away, broken];

async function ls(options: ListOptions = {}, columns?: number, volumes: readonly object[] = all) {
  const client: AdminClient = {
    ask: async () => ({ volumes }),
    read: async () => '',
    isAnswered: async () => true,
  };
  return listVolumes(client, options, columns);
}
const textOf = async (...args: Parameters<typeof ls>) => (await ls(...args)).text;
const namesOf = async (options: ListOptions) =>
  (await textOf({ quiet: true, ...options })).split('\n').filter(Boolean);

function printed(result: Awaited<ReturnType<typeof ls>>, terminal?: Terminal): string {
  let out = '';
  const stream = sink((text) => {
    out += text;
  });
  createPrinter('text', stream, stream, terminal).result(result);
  return out;
}

test('shows the size of the options until a volume is measured, unless it is only a remark', async () => {
  const { usage: _, ...unmeasured } = image;
  const remark = { ...directory, usage: undefined, options: { size: '10GiB', sizeMode: 'advisory' } };
  const ask = { format: '{{.Name}} {{.Size}}', sort: 'size' };
  const text = await textOf(ask, undefined, [away, remark, unmeasured]);
  expect(text).toBe('db 10GiB\naway 100GiB\nphotos unknown');
});

describe('the table', () => {
  test('in a pipe is not truncated', async () => {
    expect(await textOf()).toBe(
      [
        'DRIVER  NAME    USED     SIZE     USE%  STATE                            FOR                                HEALTH',
        'ebs     away    unknown  100GiB   -     attached to i-0123456789abcdef0  -                                  -',
        'fast    db      9.3GiB   10GiB    93%   mounted                          cccccccccccc, operator and 1 more  ok',
        'shared  broken  unknown  unknown  -     unreadable                       -                                  -',
        'shared  photos  >=5MiB   -        -     not mounted                      -                                  slow',
      ].join('\n'),
    );
  });
  test.each([80, 200])('on a terminal of %d columns fits, and no figure is cut', async (columns) => {
    const long = { ...image, name: `${'n'.repeat(199)}z`, driver: 'a-driver-with-a-long-name' };
    const lines = (await textOf({}, columns, [...all, long])).split('\n');
    expect(lines).toHaveLength(6);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
    expect(lines.filter((line) => line.includes('9.3GiB'))).toHaveLength(2);
    expect(lines.some((line) => line.includes('nn…'))).toBe(true);
  });
  test('wide characters count as two columns', async () => {
    const wide = { ...image, holders: [{ id: '漢字漢字漢字漢字漢字漢字' }] };
    const [head = '', row = ''] = (await textOf({}, undefined, [wide])).split('\n');
    expect(stringWidth(row.slice(0, row.indexOf('ok')))).toBe(head.indexOf('HEALTH'));
    for (const line of (await textOf({}, 70, [wide])).split('\n'))
      expect(stringWidth(line)).toBeLessThanOrEqual(70);
  });
  test('control characters in names and options are escaped', async () => {
    const hostile = {
      ...image,
      name: 'a\u001b[2J\nb\t\u202e',
      options: { 'x\u001b]0;t\u0007': 'y\r' },
      holders: [{ id: '\u009b1m' }],
    };
    for (const format of [undefined, '{{.Name}}\\t{{.Options}}', 'json', 'table {{.Name}}\\t{{.For}}']) {
      const result = await ls(format === undefined ? {} : { format }, 80, [hostile]);
      for (const terminal of [undefined, { columns: 80, hasColours: false }]) {
        const text = printed(result, terminal);
        expect(text.replaceAll('\t', '').replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u);
        expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
      }
    }
  });
  test('has colours only on a terminal, and none with NO_COLOR', async () => {
    const result = await ls();
    const coloured = printed(result, { columns: 80, hasColours: true }).split('\n');
    expect(coloured.find((line) => line.includes('broken'))).toMatch(/^.\[31mshared {2}broken.*\[0m$/);
    expect(printed(result, { columns: 80, hasColours: false })).not.toContain('\u001b');
    expect(printed(result)).not.toContain('\u001b');
  });
});

describe('filters', () => {
  test.each([
    [['name=o'], ['broken', 'photos']],
    [['name=*s'], ['photos']],
    [['name=??'], ['db']],
    [['driver=shared'], ['broken', 'photos']],
    [
      ['driver=shared', 'driver=fast'],
      ['db', 'broken', 'photos'],
    ],
    [['driver=shared', 'state=unreadable'], ['broken']],
    [['state=attached'], ['away']],
    [['state=not-mounted'], ['photos']],
    [['state=mounted'], ['db']],
    [['health=slow'], ['photos']],
    [['holder=cccc'], ['db']],
    [['option=uid'], ['db', 'photos']],
    [['option=uid=1000'], ['db']],
    [['name=none'], []],
  ])('%j', async (filter, names) => {
    expect(await namesOf({ filter })).toEqual(names);
  });
  test('that are mistyped are refused with the nearest one, before the daemon is asked', async () => {
    await expect(ls({ filter: ['stat=mounted'] })).rejects.toThrow(
      '"stat" is not a filter. Did you mean state?',
    );
    await expect(ls({ filter: ['xyz=1'] })).rejects.toThrow('Filters are name, driver');
    await expect(ls({ filter: ['name'] })).rejects.toThrow(
      'The filter name has no value: write it as name=….',
    );
    await expect(ls({ filter: ['constructor=1'] })).rejects.toThrow('is not a filter');
  });
  test('with many stars are fast', async () => {
    const long = { ...image, name: 'a'.repeat(200) };
    expect(await textOf({ filter: [`name=${'*a'.repeat(100)}b`], quiet: true }, undefined, [long])).toBe('');
  });
});

describe('the order', () => {
  test.each([
    [undefined, ['away', 'db', 'broken', 'photos']],
    ['name', ['away', 'broken', 'db', 'photos']],
    ['-name', ['photos', 'db', 'broken', 'away']],
    ['used', ['photos', 'db', 'away', 'broken']],
    ['-used', ['db', 'photos', 'away', 'broken']],
    ['-size', ['away', 'db', 'broken', 'photos']],
  ])('by %s, and what is unknown comes last', async (sort, names) => {
    expect(await namesOf(sort === undefined ? {} : { sort })).toEqual(names);
  });
  test('by an unknown key suggests the nearest', async () => {
    await expect(ls({ sort: 'user' })).rejects.toThrow(
      'Volumes cannot be sorted by "user". Did you mean used?',
    );
  });
});

describe('the format', () => {
  test('is a template of fields, one line per volume', async () => {
    expect(
      await textOf({ format: '{{.Driver}}/{{ .Name }}: {{.UsedPercent}}', filter: ['driver=fast'] }),
    ).toBe('fast/db: 93%');
    expect(await textOf({ format: '{{json .Name}}\\t{{.Size}}', filter: ['name=db'] })).toBe('"db"\t10GiB');
  });
  test('with `table` is aligned, with a header', async () => {
    expect(await textOf({ format: 'table {{.Name}}\\t{{.UsedPercent}}', filter: ['driver=shared'] })).toBe(
      'NAME    USED PERCENT\nbroken  -\nphotos  -',
    );
  });
  test('`json` is one object per line, as for Docker', async () => {
    const text = await textOf({ format: 'json', filter: ['name=db'] });
    expect(JSON.parse(text)).toMatchObject({ Name: 'db', Driver: 'fast', Used: '9.3GiB', State: 'mounted' });
    expect(JSON.parse(await textOf({ format: '{{json .}}', filter: ['name=db'] }))).toEqual(JSON.parse(text));
  });
  test.each([
    ['{{.Nmae}}', '.Nmae is not a field. Did you mean .Name?'],
    ['{{.Xyzzy}}', '.Xyzzy is not a field. Fields are Driver'],
    ['{{range .}}', 'The format contains {{range .}}, but only fields are supported'],
    ['{{.Name', 'has unclosed braces'],
  ])('%s is refused', async (format, words) => {
    await expect(ls({ format })).rejects.toThrow(words);
  });
});

test('options that exclude each other are refused', async () => {
  await expect(ls({ quiet: true, format: 'json' })).rejects.toThrow(
    '--quiet and --format exclude each other',
  );
  await expect(ls({ removed: true, sort: 'name' })).rejects.toThrow(
    '--removed and --sort exclude each other',
  );
});
