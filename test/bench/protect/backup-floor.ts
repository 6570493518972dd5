import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../floors.ts';
import { imageOf, snapshotByHand } from './by-hand.ts';
import { measured, type Run, sum } from './run-cost.ts';

/** What a backup costs without Holdfast. */
export interface FloorRound {
  /** restic over the mounted snapshot. */
  readonly alone: Run;
  /** Making, mounting and deleting that. */
  readonly snapshot: Run;
  /** restic over one small file: its start. */
  readonly started: Run;
  /** All files read once more for their checksums, out of memory. */
  readonly hashed: Run;
}

/**
 * The floor of backups of the volume that is mounted at `tree`: restic's own run over a snapshot that is made by hand, into a repository
 * of its own. `repository`: the other one, whose key it gets, because the time to derive one depends on how busy the machine was when it
 * was made.
 */
export async function openBackupFloor(
  folder: string,
  tree: string,
  repository: string,
): Promise<() => Promise<FloorRound>> {
  const floor = join(folder, 'floor');
  const aside = join(folder, 'aside');
  const small = join(folder, 'small');
  for (const path of [floor, aside, small]) mkdirSync(path);
  writeFileSync(join(small, 'file'), 'x'.repeat(1000));
  await run('cp', '--archive', `${repository}/.`, floor);
  const byHand = snapshotByHand(tree, await imageOf(join(folder, 'volumes/.holdfast/images'), 'kept'), aside);
  const own = (work: () => Promise<void>) => measured(floor, '/proc/self/stat', work);
  return async () => {
    const made = await own(byHand.make);
    const alone = await own(() => backUp(folder, aside));
    const hashed = await own(() => run('find', aside, '-type', 'f', '-exec', ...hash, '{}', '+'));
    const removed = await own(byHand.remove);
    const started = await own(() => backUp(folder, small));
    return { alone, snapshot: sum([made, removed]), started, hashed };
  };
}

/** Debian's `sha256sum` does not use the processor's own instructions, and takes three times as long. */
const hash = ['openssl', 'dgst', '-sha256'];

async function backUp(folder: string, directory: string): Promise<void> {
  const env = {
    PATH: process.env.PATH,
    RESTIC_REPOSITORY: join(folder, 'floor'),
    RESTIC_PASSWORD_FILE: join(folder, 'password'),
    RESTIC_CACHE_DIR: join(folder, 'floor-cache'),
    RESTIC_PROGRESS_FPS: '1',
  };
  const args = ['backup', '--json', '--host', 'bench', directory];
  const [code] = await once(spawn('restic', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  if (code !== 0) throw new Error(`restic ${args.join(' ')} ended with ${code}`);
}
