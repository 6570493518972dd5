import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { abandonMove, moveDirectory, requireMovable } from '../../../src/cli/adopt/move.ts';
import type { MoveHost } from '../../../src/cli/adopt/move-host.ts';
import type { Move } from '../../../src/cli/adopt/move-record.ts';
import { parseVolumeName } from '../../../src/core/names.ts';
import { VolumeError } from '../../../src/core/volume-error.ts';
import { alone } from '../../lab/namespace.ts';
import { describeWith } from '../../lab/requirements.ts';
import { run } from '../../lab/run.ts';
import { openMoveHost } from '../in-process.ts';

type Opened = Awaited<ReturnType<typeof openMoveHost>>;
let host: Opened;
/** On two file systems. */
let here: string;
let elsewhere: string;
beforeEach(async () => {
  host = await openMoveHost();
  here = await mkdtemp(join(tmpdir(), 'holdfast-move-'));
  elsewhere = await mkdtemp('/dev/shm/holdfast-move-');
  expect((await stat(here)).dev).not.toBe((await stat(elsewhere)).dev);
});
afterEach(async () => {
  await host.close();
  for (const folder of [here, elsewhere]) await rm(folder, { recursive: true, force: true });
});

/** A directory with data, and the move of it into `folder`. */
async function furnish(folder: string): Promise<Move> {
  const from = join(here, 'old/_data');
  await mkdir(join(from, 'deep'), { recursive: true });
  await writeFile(join(from, 'deep/file'), 'dear', { mode: 0o640 });
  await writeFile(join(from, 'large'), 'x'.repeat(1e6));
  return {
    name: parseVolumeName('db'),
    way: 'in',
    from,
    to: join(folder, 'db'),
    aside: join(here, 'old.moved/db'),
    notes: join(folder, '.holdfast-moves'),
  };
}

async function expectMoved(move: Move, how: 'renamed' | 'copied'): Promise<void> {
  expect(await readFile(join(move.to, 'deep/file'), 'utf8')).toBe('dear');
  expect((await stat(join(move.to, 'deep/file'))).mode & 0o777).toBe(0o640);
  expect(existsSync(move.from)).toBe(false);
  expect(existsSync(join(move.aside, 'deep/file'))).toBe(how === 'copied');
  expect(await readdir(move.notes)).toEqual(['db.in.json']);
}

class Killed extends Error {}

/** The host of a process that is killed before or after its change of this number. */
function killedAt(
  number: number,
  when: 'before' | 'after',
): { readonly host: MoveHost; readonly changes: () => number } {
  let changes = 0;
  const change =
    <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      changes += 1;
      // It does not even clean up.
      if (changes > number || (changes === number && when === 'before')) throw new Killed();
      const mine = changes;
      const result = await call(...args).catch((error: unknown) => {
        if (mine === number) throw new Killed();
        throw error;
      });
      if (mine === number) throw new Killed();
      return result;
    };
  const { files, trees } = host;
  const killing: MoveHost = {
    ...host,
    trees: { ...trees, describe: change(trees.describe) },
    files: {
      ...files,
      rename: change(files.rename),
      copy: change(files.copy),
      removeTree: change(files.removeTree),
      writeText: change(files.writeText),
      makeDirectory: change(files.makeDirectory),
      removeFile: change(files.removeFile),
    },
  };
  return { host: killing, changes: () => changes };
}

describeWith({ root: true }, 'the data of a volume', () => {
  const folderOf = { renamed: () => here, copied: () => elsewhere };

  describe.each(['renamed', 'copied'] as const)('%s', (how) => {
    test('is whole in its new place, and a second run moves nothing', async () => {
      const move = await furnish(folderOf[how]());
      await requireMovable(host, move);
      expect(await moveDirectory(host, move)).toBe('moved');
      await expectMoved(move, how);
      expect(await moveDirectory(host, move)).toBe('was moved');
      await expectMoved(move, how);
    });

    test.each(['before', 'after'] as const)(
      'is whole at each moment and at the end, if the command is killed %s each of its changes and run again',
      async (when) => {
        for (let number = 1; ; number += 1) {
          const move = await furnish(folderOf[how]());
          const { host: killing, changes } = killedAt(number, when);
          const end = await moveDirectory(killing, move).catch((error: unknown) => error);
          const whole = [move.from, move.to, move.aside].filter((place) =>
            existsSync(join(place, 'deep/file')),
          );
          expect([number, whole.length > 0]).toEqual([number, true]);
          if (changes() < number) break;
          expect(end).toBeInstanceOf(Killed);
          expect(await moveDirectory(host, move)).toMatch(/moved/);
          await expectMoved(move, how);
          for (const folder of [here, elsewhere])
            for (const entry of await readdir(folder)) await rm(join(folder, entry), { recursive: true });
        }
      },
    );

    test('is moved back with what was written since', async () => {
      const move = await furnish(folderOf[how]());
      await moveDirectory(host, move);
      await writeFile(join(move.to, 'deep/file'), 'dearer');
      const back: Move = {
        ...move,
        way: 'back',
        from: move.to,
        to: move.from,
        aside: join(move.notes, 'db.moved-back'),
      };
      await moveDirectory(host, back);
      expect(await readFile(join(move.from, 'deep/file'), 'utf8')).toBe('dearer');
      expect(existsSync(move.to)).toBe(false);
    });
  });

  test('is not moved onto something, nor if it is not there', async () => {
    const move = await furnish(here);
    await mkdir(move.to);
    await expect(requireMovable(host, move)).rejects.toThrow(/db" exists already: move that away/);
    await expect(moveDirectory(host, move)).rejects.toThrow('exists already');
    expect(await readdir(move.to)).toEqual([]);
    await rm(move.to, { recursive: true });
    await rm(move.from, { recursive: true });
    await expect(requireMovable(host, move)).rejects.toThrow(/_data" does not exist/);
  });

  test('is not moved if somebody writes to it while it is copied', async () => {
    const move = await furnish(elsewhere);
    const writing: MoveHost = {
      ...host,
      files: {
        ...host.files,
        async copy(from, to, signal) {
          await host.files.copy(from, to, signal);
          await writeFile(join(from, 'deep/file'), 'changed');
        },
      },
    };
    await expect(moveDirectory(writing, move)).rejects.toThrow(/somebody has since changed .*deep\/file/);
    expect(existsSync(move.to)).toBe(false);
    expect(await readFile(join(move.from, 'deep/file'), 'utf8')).toBe('changed');
    expect(await moveDirectory(host, move)).toBe('moved');
    expect(await readFile(join(move.to, 'deep/file'), 'utf8')).toBe('changed');
  });

  test('leaves nothing on a disk that is too small for it, and the move can be given up', async () => {
    const move = await furnish(elsewhere);
    const full: MoveHost = {
      ...host,
      files: {
        ...host.files,
        async copy(_from, to) {
          await mkdir(to);
          await writeFile(join(to, 'large'), 'x');
          throw new VolumeError('failed', 'Cannot copy: No space left on device');
        },
      },
    };
    await expect(moveDirectory(full, move)).rejects.toThrow(
      'Volume "db" was not moved. Cannot copy: No space left',
    );
    expect(await readdir(elsewhere)).toEqual(['.holdfast-moves']);
    expect(await readdir(move.notes)).toEqual(['db.in.json']);
    expect(await abandonMove(host, move, true)).toBe(true);
    expect(await readdir(move.notes)).toEqual(['db.in.json']);
    expect(await abandonMove(host, move, false)).toBe(true);
    expect(await readdir(move.notes)).toEqual([]);
    expect(await readFile(join(move.from, 'deep/file'), 'utf8')).toBe('dear');
  });

  test('is not given up once it is in its place', async () => {
    const move = await furnish(elsewhere);
    await moveDirectory(host, move);
    expect(await abandonMove(host, move, false)).toBe(false);
    await mkdir(move.from);
    expect(await abandonMove(host, move, false)).toBe(false);
    expect(await readFile(join(move.to, 'deep/file'), 'utf8')).toBe('dear');
  });

  test.each(['old/_data', '/', '/srv/../etc', '/srv/./x', '/srv/x/', '//srv', ''])(
    'is not moved from %j, which a record of another driver may say',
    async (from) => {
      const move = { ...(await furnish(here)), from };
      await expect(requireMovable(host, move)).rejects.toThrow('is not named by an absolute path');
    },
  );

  test('is not moved into itself', async () => {
    const move = await furnish(here);
    const inside = { ...move, to: join(move.from, 'deep/db') };
    await expect(requireMovable(host, inside)).rejects.toThrow('cannot go into itself');
  });

  test('is not moved while a container has it', async () => {
    const move = await furnish(here);
    const place = join(here, 'seen');
    await mkdir(place);
    const script = 'mount --bind "$1" "$2" && echo mounted && exec sleep 100';
    const { spawn } = await import('node:child_process');
    const user = spawn('unshare', [...alone, 'sh', '-c', script, 'sh', join(move.from, 'deep'), place]);
    await new Promise((resolve) => user.stdout.once('data', resolve));
    try {
      await expect(requireMovable(host, move)).rejects.toThrow(
        /is mounted for process \d+: stop its container/,
      );
    } finally {
      user.kill();
      await new Promise((resolve) => user.once('exit', resolve));
    }
    await requireMovable(host, move);
  });

  test('whose record is of another move, or cannot be read, stays where it is', async () => {
    const move = await furnish(here);
    await mkdir(move.notes, { recursive: true });
    await writeFile(
      join(move.notes, 'db.in.json'),
      JSON.stringify({ from: '/etc', to: move.to, state: 'moved' }),
    );
    await expect(moveDirectory(host, move)).rejects.toThrow(/record of another move, from "\/etc"/);
    await writeFile(join(move.notes, 'db.in.json'), '{"from":');
    await expect(moveDirectory(host, move)).rejects.toThrow('cannot be read');
    expect(await readFile(join(move.from, 'deep/file'), 'utf8')).toBe('dear');
    expect((await run('ls', [here])).stdout).not.toContain('db\n');
  });
});
