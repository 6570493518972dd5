import { execFileSync, spawnSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { describeTree } from '../../../src/host/trees/describe.ts';
import { loadNativeFiles } from '../../../src/host/trees/native-files.ts';
import { openTrees } from '../../../src/host/trees/open-trees.ts';
import { describeWith } from '../../lab/requirements.ts';
import { compileHost } from '../compiled-host.ts';

const compiled = compileHost();
afterAll(() => compiled.remove());
const signal = new AbortController().signal;
let folder: string;
let root: string;
let manifest: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-trees-'));
  root = join(folder, 'data');
  manifest = join(folder, 'manifest');
  mkdirSync(join(root, 'sub'), { recursive: true });
  writeFileSync(join(root, 'file'), 'first');
  linkSync(join(root, 'file'), join(root, 'sub', 'link'));
  symlinkSync('/etc', join(root, 'way'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/sub/`), Buffer.of(0xff, 0xfe)]), 'odd name');
  writeFileSync(join(root, 'sparse'), 'begin');
  truncateSync(join(root, 'sparse'), 64 * 1024 * 1024);
});
afterEach(() => rmSync(folder, { recursive: true }));

const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');
/** A line of a manifest without what is of that manifest alone. */
const unsummed = (line: string) => line.replace(/"(h|key)":"[0-9a-f]+"/, '');
/** The line with the SHA-256 of its file. */
function hashed(root: string, line: string): string {
  const entry = JSON.parse(line);
  if (entry.h === undefined) return line;
  const content = readFileSync(Buffer.from(`${root}/${entry.p}`, 'latin1'));
  return JSON.stringify({ ...entry, h: createHash('sha256').update(content).digest('hex') });
}

describeWith({ root: true, programs: ['setfattr', 'fallocate', 'perl'] }, 'a manifest', () => {
  const { describe, settle, compare, mend, sample } = openTrees();

  test('of a tree is equal to the tree, also as another process sees it', async () => {
    const totals = await describe(root, manifest, undefined, signal);
    expect(totals).toEqual({ entries: 7, bytes: 5 + 8 + 64 * 1024 * 1024 });
    expect(await compare(root, manifest, undefined, signal)).toEqual({
      ...totals,
      differing: 0,
      differences: [],
    });
    const aside = openTrees(compiled.url('trees/manifest-worker'));
    expect(await aside.describe(root, join(folder, 'other'), undefined, signal)).toEqual(totals);
    expect(await compare(root, join(folder, 'other'), undefined, signal)).toMatchObject({ differing: 0 });
    expect(linesOf(join(folder, 'other')).map(unsummed)).toEqual(linesOf(manifest).map(unsummed));
    const wrong = aside.compare(root, join(folder, 'none'), undefined, signal);
    await expect(wrong).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('ENOENT') });
  });

  test.each<readonly [string, (path: string) => void, RegExp]>([
    ['content', (file) => writeFileSync(file, 'other'), /file: its (time|checksum) differs/],
    ['mode', (file) => chmodSync(file, 0o4711), /file: its mode is 4711, not 0644/],
    ['owner', (file) => chownSync(file, 7, 8), /file: its owner is 7:8, not 0:0/],
    ['time', (file) => utimesSync(file, 1, 1), /file: its time differs/],
    [
      'attribute',
      (file) => execFileSync('setfattr', ['-n', 'user.a', '-v', 'b', file]),
      /extended attributes/,
    ],
    ['absence', (file) => unlinkSync(file), /file: it is missing/],
    ['kind', (file) => void [unlinkSync(file), mkdirSync(file)], /file: it is of another kind/],
    ['size', (file) => appendFileSync(file, 'more'), /file: its size is 9, not 5/],
    [
      'links',
      (file) => void [unlinkSync(file), writeFileSync(file, 'first')],
      /its hard links differ|time differs/,
    ],
  ])('shows another %s', async (_, change, expected) => {
    await describe(root, manifest, undefined, signal);
    change(join(root, 'file'));
    const { differing, differences } = await compare(root, manifest, undefined, signal);
    expect(differing).toBeGreaterThan(0);
    expect(differences.join('\n')).toMatch(expected);
  });

  test('shows a changed byte that kept size and time, and what was added', async () => {
    utimesSync(join(root, 'sparse'), 1, 1);
    await describe(root, manifest, undefined, signal);
    writeFileSync(join(root, 'sparse'), 'BEGIN', { flag: 'r+' });
    utimesSync(join(root, 'sparse'), 1, 1);
    const { differences } = await compare(root, manifest, undefined, signal);
    expect(differences).toEqual(['sparse: its checksum differs']);
    writeFileSync(join(root, 'zz'), '');
    const found = await compare(root, manifest, undefined, signal);
    expect(found.differences).toContain('zz: it is not in the manifest');
  });

  test('takes over checksums only of files that have not changed', async () => {
    await describe(root, manifest, undefined, signal);
    const text = readFileSync(manifest, 'utf8').replaceAll(/"h":"[0-9a-f]{56}"/g, `"h":"${'a'.repeat(56)}"`);
    writeFileSync(manifest, text);
    writeFileSync(join(root, 'file'), 'other');
    await describe(root, join(folder, 'next'), manifest, signal);
    const next = readFileSync(join(folder, 'next'), 'utf8');
    expect(next.match(/"h":"a{56}"/g)).toHaveLength(2);
    expect(next.match(/"h":/g)).toHaveLength(3);
    expect(linesOf(join(folder, 'next'))[0]).toBe(linesOf(manifest)[0]);
  });

  test('has a checksum of all of a file, by a key of its own', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024 + 5, 'several pieces');
    writeFileSync(join(root, 'file'), content);
    await describe(root, manifest, undefined, signal);
    const [head = '', ...entries] = linesOf(manifest);
    const { key } = JSON.parse(head);
    const { h } = JSON.parse(entries.find((line) => line.includes('"p":"file"')) ?? '');
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'hex'), Buffer.from(h.slice(0, 24), 'hex'));
    cipher.setAAD(content);
    cipher.final();
    expect(h.slice(24)).toBe(cipher.getAuthTag().toString('hex'));
    await describe(root, join(folder, 'other'), undefined, signal);
    expect(linesOf(join(folder, 'other'))[0]).not.toBe(head);
  });

  test('of the first form, with SHA-256, is compared as well, and its checksums are taken over', async () => {
    utimesSync(join(root, 'sparse'), 1, 1);
    await describe(root, manifest, undefined, signal);
    const [, ...lines] = linesOf(manifest);
    const first = [
      '{"form":"holdfast tree 1","attributes":true}',
      ...lines.map((line) => hashed(root, line)),
    ];
    writeFileSync(manifest, first.map((line) => `${line}\n`).join(''));
    expect(await compare(root, manifest, undefined, signal)).toMatchObject({ differing: 0 });
    writeFileSync(join(root, 'file'), 'FIRST');
    await describe(root, join(folder, 'next'), manifest, signal);
    const sums = linesOf(join(folder, 'next')).flatMap((line) => JSON.parse(line).h ?? []);
    expect(sums.map(({ length }) => length).sort()).toEqual([56, 64, 64]);
    expect(await compare(root, join(folder, 'next'), undefined, signal)).toMatchObject({ differing: 0 });
    writeFileSync(join(root, 'sparse'), 'BEGIN', { flag: 'r+' });
    utimesSync(join(root, 'sparse'), 1, 1);
    const { differences } = await compare(root, join(folder, 'next'), undefined, signal);
    expect(differences).toEqual(['sparse: its checksum differs']);
  });

  test.each([
    ['cut', (text: string) => text.slice(0, text.length / 2)],
    ['of a later version', (text: string) => text.replace('holdfast tree 2', 'holdfast tree 3')],
    ['without its key', (text: string) => text.replace(/"key":"..../, '"key":"')],
    ['empty', () => ''],
  ])('%s: refused itself, but no hindrance to the next one', async (_, damage) => {
    await describe(root, manifest, undefined, signal);
    writeFileSync(manifest, damage(readFileSync(manifest, 'utf8')));
    await expect(compare(root, manifest, undefined, signal)).rejects.toMatchObject({ code: 'failed' });
    const next = join(folder, 'next');
    await describe(root, next, manifest, signal);
    expect(await compare(root, next, undefined, signal)).toMatchObject({ differing: 0 });
  });

  test('marks what changes while it is read, which is not compared then', async () => {
    await describe(root, manifest, undefined, signal);
    expect(await settle(root, manifest, [], signal)).toEqual({ changed: 0, unread: 0 });
    appendFileSync(join(root, 'file'), '!');
    // The link is the same file.
    expect((await settle(root, manifest, [], signal)).changed).toBe(2);
    writeFileSync(join(root, 'file'), 'something else');
    expect((await compare(root, manifest, undefined, signal)).differing).toBe(0);
  });

  test('marks what restic could not read, with all below it, and tells what had no reason', async () => {
    mkdirSync(join(root, 'sub', 'more'));
    writeFileSync(join(root, 'sub', 'more', 'file'), 'deep');
    await describe(root, manifest, undefined, signal);
    const unread = ['sub', 'sub/more', 'file', 'gone'];
    const away = join(folder, 'away');
    renameSync(join(root, 'sub'), away);
    renameSync(away, join(root, 'sub'));
    // The directory has changed with the root, and `file` has not.
    expect(await settle(root, manifest, unread, signal)).toEqual({ changed: 6, unread: 1 });
    expect((await settle(root, manifest, [''], signal)).unread).toBe(1);
    rmSync(join(root, 'sub', 'more'), { recursive: true });
    expect(await compare(root, manifest, undefined, signal)).toMatchObject({ differing: 0 });
  });

  test('of a tree in which others delete and replace meanwhile has what was there', async () => {
    for (const name of ['a', 'b', 'c', 'd']) mkdirSync(join(root, 'churn', name), { recursive: true });
    for (const name of ['e', 'f', 'g']) writeFileSync(join(root, 'churn', name), name);
    symlinkSync('e', join(root, 'churn', 'h'));
    const native = await loadNativeFiles();
    if (native === undefined) throw new Error('koffi is missing');
    /** By the entry that is looked at, what happens to it in the middle. */
    const events = new Map<string, (path: string) => void>([
      ['a', (path) => rmSync(path, { recursive: true })],
      ['b', (path) => void [rmSync(path, { recursive: true }), writeFileSync(path, '')]],
      ['e', unlinkSync],
      ['f', (path) => void [unlinkSync(path), mkdirSync(path)]],
      ['g', (path) => void [unlinkSync(path), execFileSync('mknod', [path, 'p'])]],
      ['h', (path) => void [unlinkSync(path), writeFileSync(path, '')]],
    ]);
    const attributes = (place: Buffer) => {
      const path = `${place}`;
      events.get(path.slice(`${root}/churn/`.length))?.(path);
      return native.attributes(place);
    };
    describeTree({ ...native, attributes }, root, manifest, undefined);
    // What was deleted at once is in neither, and the folder has changed too.
    expect((await settle(root, manifest, [], signal)).changed).toBe(5);
    expect(await compare(root, manifest, undefined, signal)).toMatchObject({ differing: 0 });
  });

  test('mends what a restore leaves out: sockets and holes', async () => {
    const perl = 'use Socket; socket(S,AF_UNIX,SOCK_STREAM,0); bind(S,sockaddr_un($ARGV[0]))';
    expect(spawnSync('perl', ['-e', perl, join(root, 'sub', 'socket')]).status).toBe(0);
    chownSync(join(root, 'sub', 'socket'), 5, 6);
    const { entries } = await describe(root, manifest, undefined, signal);
    unlinkSync(join(root, 'sub', 'socket'));
    const content = readFileSync(join(root, 'sparse'));
    writeFileSync(join(root, 'sparse'), content);
    const before = await compare(root, manifest, undefined, signal);
    // Some file systems have no holes.
    expect(before.differences.join()).toContain('sub/socket: it is missing');
    expect(before.differences.join()).not.toContain('holes');
    await mend(root, manifest, signal);
    expect(statSync(join(root, 'sparse')).blocks).toBeLessThan(2048);
    expect(await compare(root, manifest, undefined, signal)).toMatchObject({
      entries,
      differing: 0,
      differences: [],
    });
  });

  test('never leads out of its tree', async () => {
    await describe(root, manifest, undefined, signal);
    const socket = { p: 'way/x', t: 's', m: 0, u: 0, g: 0, a: '0', c: '0', i: '1' };
    const damage = (line: object) =>
      writeFileSync(
        manifest,
        `{"form":"holdfast tree 1"}\n${JSON.stringify(line)}\n{"entries":1,"bytes":0}\n`,
      );
    damage(socket);
    await mend(root, manifest, signal);
    expect((await compare('/etc', manifest, ['x'], signal)).entries).toBe(0);
    for (const path of ['../x', '/x', 'a//b', 'a\0b', '.']) {
      damage({ ...socket, p: path });
      await expect(mend(root, manifest, signal)).rejects.toThrow('damaged entry');
    }
  });

  test('that is cut, damaged or of another form is refused', async () => {
    await describe(root, manifest, undefined, signal);
    const lines = readFileSync(manifest, 'utf8').trim().split('\n');
    for (const text of [
      lines.slice(0, -1).join('\n'),
      lines.slice(0, 2).concat(lines.slice(3)).join('\n'),
      [...lines, lines[1]].join('\n'),
      '{"form":"holdfast tree 9"}\n',
      '',
      'nonsense',
    ]) {
      writeFileSync(manifest, text);
      await expect(compare(root, manifest, undefined, signal)).rejects.toMatchObject({ code: 'failed' });
    }
  });

  test('gives a part of the files at random, and never none', async () => {
    await describe(root, manifest, undefined, signal);
    expect((await sample(manifest, 1, signal)).length).toBe(3);
    expect(await sample(manifest, 0, signal)).toHaveLength(1);
    const part = ['file'];
    unlinkSync(join(root, 'sparse'));
    expect(await compare(root, manifest, part, signal)).toMatchObject({ entries: 1, differing: 0 });
  });
});
