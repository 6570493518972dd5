import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { shellWords } from '../../docs/command-line.ts';
import { fencesOf, readPage } from '../../docs/pages.ts';
import { isWhole } from '../../lab/jest/whole.ts';
import { startS3Server, versity } from '../../lab/repositories/s3-server.ts';
import { describeWith } from '../../lab/requirements.ts';
import { type LoneMachine, startLoneMachine } from '../protect/lone-machine.ts';

const page = readPage('docs/backup.md');

/** The examples under a heading, in one language. */
function examples(heading: string, language: string): readonly string[] {
  const [, section = ''] = page.text.split(`## ${heading}\n`);
  const text = section.split('\n## ')[0] ?? '';
  return fencesOf({ ...page, text })
    .filter((fence) => fence.language === language)
    .map((fence) => fence.text.trim());
}

const linesUnder = (heading: string) => examples(heading, 'sh').flatMap((text) => text.split('\n'));
const programs = ['restic', 'mkfs.xfs', 'mkfs.ext4', 'e2fsck', 'chattr', 'openssl', 'fallocate'];

describeWith({ root: true, programs, paths: ['/dev/loop-control'] }, 'docs/backup.md', () => {
  /** Outlives the machines: the repository and its password. */
  let elsewhere: string;
  let machine: LoneMachine | undefined;
  /** The paths of the page lead there. */
  const moved = (text: string) =>
    text
      .replaceAll('/srv/backup', join(elsewhere, 'repository'))
      .replaceAll('/etc/holdfast', join(elsewhere, 'etc'));
  const start = async (more = {}): Promise<LoneMachine> => {
    const [configuration = ''] = examples('Five minutes to the first proven backup', 'yaml');
    machine = await startLoneMachine(() => ({ ...parse(moved(configuration)), ...more }));
    return machine;
  };
  /** As the page has it. */
  const type = async (on: LoneMachine, line: string): Promise<string> => {
    const [program, ...words] = shellWords(moved(line));
    if (program === 'holdfast') return on.command(...words);
    return execFileSync(program ?? '', words, { encoding: 'utf8' });
  };
  const write = async (on: LoneMachine, volume: string, text: string): Promise<void> => {
    await on.command('volume', 'mount', volume);
    writeFileSync(join(on.mountpoint(volume), 'file'), text);
    await on.command('volume', 'unmount', volume);
  };
  const read = async (on: LoneMachine, place: string, volume: string): Promise<string> => {
    await on.command('volume', 'mount', volume, '--driver', place);
    const text = readFileSync(join(on.folder, 'mnt', place, volume, 'file'), 'utf8');
    await on.command('volume', 'unmount', volume, '--driver', place);
    return text;
  };
  beforeAll(() => {
    elsewhere = mkdtempSync(join(tmpdir(), 'holdfast-elsewhere-'));
  });
  afterEach(async () => {
    await machine?.end();
    machine = undefined;
  });
  afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

  test('leads from nothing to a proven backup, and to the restored volume', async () => {
    const [install, ...secrets] = linesUnder('Five minutes to the first proven backup');
    expect(install).toBe('apt-get install restic');
    const [init = '', run = '', prove = '', ls = '', ...more] = secrets.splice(3);
    expect(more).toEqual([]);
    for (const line of secrets) await type({} as LoneMachine, line);
    const on = await start();
    await on.command('volume', 'create', 'db', '-o', 'size=64MiB');
    await write(on, 'db', 'kept');
    await type(on, init);
    // It is in use, and goes on.
    await on.command('volume', 'mount', 'db');
    expect(await type(on, run)).toMatch(/^Volume db was backed up as nas:[0-9a-f]{16}\.$/);
    await on.command('volume', 'unmount', 'db');
    expect(await type(on, prove)).toContain('all of it was restored and compared');
    expect(await type(on, ls)).toMatch(/nas:[0-9a-f]{16} +db +gold +\S+ +\S+ +\S+ +20\S+Z$/);
    const [restore = '', ...others] = linesUnder('Restoring a volume');
    expect(others).toEqual([]);
    expect(await type(on, restore)).toContain('Volume db-again exists in driver gold');
    expect(await read(on, 'gold', 'db-again')).toBe('kept');
    for (const line of linesUnder('Proofs')) await type(on, line);
    expect(await on.command('snapshot', 'ls')).toContain('There are no snapshots.');
  });

  test('restores a lost host, and moves a volume to another driver', async () => {
    const shared = { backend: 'local', settings: { root: join(elsewhere, 'shared') } };
    const drivers = { gold: { backend: 'local', settings: { root: join(elsewhere, 'gold') } }, shared };
    const on = await start({ drivers });
    const [ls = '', restore = '', ...more] = linesUnder('Restoring a lost host');
    expect(more).toEqual([]);
    expect(await type(on, ls)).toMatch(/ db .* never$/m);
    await type(on, restore);
    expect(await read(on, 'gold', 'db')).toBe('kept');
    for (const line of linesUnder('Moving a volume to another driver')) await type(on, line);
    expect(await read(on, 'shared', 'db')).toBe('kept');
  });

  /** Building the server takes minutes. */
  if (isWhole)
    versity.test(
      'keeps backups in a bucket of S3',
      async () => {
        const [configuration = '', ...others] = examples('Where backups are kept', 'yaml');
        expect(others).toEqual([]);
        const server = await startS3Server();
        const written = 's3:https://s3.eu-central-1.amazonaws.com/my-bucket';
        expect(configuration).toContain(written);
        const { AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: key = '' } = server.environment;
        for (const [name, text] of Object.entries({
          's3-id': id,
          's3-key': key,
          'backup.password': 'secret',
        }))
          writeFileSync(join(elsewhere, 'etc', name), text, { mode: 0o600 });
        try {
          machine = await startLoneMachine(() => parse(moved(configuration).replace(written, server.url)));
          const on = machine;
          await on.command('volume', 'create', 'db', '-o', 'size=64MiB');
          await write(on, 'db', 'kept');
          const lines = linesUnder('Five minutes to the first proven backup').filter((line) =>
            line.startsWith('holdfast'),
          );
          const told: string[] = [];
          for (const line of [...lines, ...linesUnder('Restoring a volume')])
            told.push(await type(on, line.replace(/\bnas\b/, 'cloud')));
          expect(told).toHaveLength(5);
          expect(await read(on, 'gold', 'db-again')).toBe('kept');
          expect(told.join('\n')).not.toContain(key);
        } finally {
          await server.remove();
        }
      },
      100_000,
    );
});
