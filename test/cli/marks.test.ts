import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { driverMarks, volumeMarks } from '../../src/cli/marks.ts';

const volume = { driver: 'gold', name: 'db', holders: [] };
const usage = (usedBytes: number) => ({ usage: { of: 'volume', usedBytes, sizeBytes: 100 } });
const refused = { state: 'refused', server: 'nas', detail: 'it refused: start its NFS service' };
const words = (marks: readonly { readonly level: string; readonly word: string }[]) =>
  marks.map(({ level, word }) => `${level}: ${word}`);

describe('the marks of a volume', () => {
  test.each<[object, readonly string[]]>([
    [{}, []],
    [usage(79), []],
    [usage(80), ['warning: 80% full']],
    [usage(100), ['failure: 100% full']],
    [{ unreadable: 'torn' }, ['failure: unreadable']],
    [{ mustRestart: [{}], mountpoint: '/m' }, ['failure: dead mount']],
    [{ holders: [{ id: 'x' }] }, ['warning: unsettled']],
    [{ health: refused }, ['warning: server refused']],
    [{ health: { state: 'ok' } }, []],
    [{ health: refused, ...usage(100) }, ['failure: 100% full', 'warning: server refused']],
  ])('%j', (more, marked) => {
    expect(words(volumeMarks({ ...volume, ...more }))).toEqual(marked);
  });

  test('say what to do, with a command that can be typed', () => {
    const [mark] = volumeMarks({ ...volume, ...usage(95), mountpoint: '/mnt/gold/db' });
    expect(mark).toMatchObject({
      explanation: expect.stringContaining('Delete data, or make it larger.'),
      command: 'du -xh --max-depth=1 /mnt/gold/db | sort -h',
    });
    const [dead] = volumeMarks({ ...volume, mustRestart: [{}] });
    expect(dead?.command).toBe('holdfast volume inspect db --driver gold');
  });

  test('print no command with a name or a path that a shell would split', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (name, driver, mountpoint) => {
        for (const more of [usage(95), { mustRestart: [{}] }, { unreadable: 'x' }])
          for (const { command = '' } of volumeMarks({ ...volume, ...more, name, driver, mountpoint }))
            expect(command).toMatch(/^(du -xh --max-depth=1 [\w./-]+ \| sort -h|[\w. -]*)$/);
      }),
    );
  });
});

describe('the marks of a driver', () => {
  test.each<[object | undefined, object | undefined, readonly string[]]>([
    [{ unreadable: 0 }, { state: 'ready' }, []],
    [{ unreadable: 2 }, { state: 'ready' }, ['failure: 2 unreadable']],
    [{ health: refused }, undefined, ['failure: server refused']],
    [{}, { state: 'ready', storage: refused }, ['failure: server refused']],
    [
      {},
      { state: 'recovering', storage: { state: 'slow' } },
      ['warning: recovering', 'warning: server slow'],
    ],
    [undefined, { state: 'failed', error: { message: 'no root' } }, ['failure: not open']],
  ])('%j %j', (driver, health, marked) => {
    expect(words(driverMarks(driver, health))).toEqual(marked);
  });
});
