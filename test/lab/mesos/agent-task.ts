import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { mountpoints } from '../kernel-view.ts';
import { entering, type Namespace } from '../namespace.ts';
import { environment } from '../run.ts';
import type { Task } from './agent.ts';

/** A container like those of the Mesos containerizer, whose process appends to a file in each volume on request. */
export interface WritingTask extends Task {
  /** Appends the word to `lines` in each volume, with fsync; rejects if a write fails. */
  write(word: string): Promise<void>;
  /** The content of `lines` in its first volume, as the task sees it. */
  read(): Promise<string>;
  /** The mountpoints in its own mount table, including copies of the host's. */
  mountpoints(): Promise<readonly string[]>;
}

/** A script that gets a folder and the volumes' mountpoints, and binds each of them below the folder. */
const script = `set -e
folder=$1
shift
place=0
for volume; do
  place=$((place + 1))
  mkdir -p "$folder/$place"
  mount --bind "$volume" "$folder/$place"
done
echo ready
while read -r word; do
  for volume in "$folder"/*; do
    echo "$word" >> "$volume/lines" && sync "$volume/lines" || word=nothing
  done
  echo "wrote $word"
done`;

/** Starts a task in a copy of the host's mount table, `/` made rslave. It ends with the test process at the latest. */
export async function startWritingTask(
  namespace: Namespace,
  folder: string,
  volumes: readonly string[],
): Promise<WritingTask> {
  await mkdir(folder, { recursive: true });
  const inside = ['--mount', '--propagation', 'slave', 'sh', '-c', script, 'sh', folder, ...volumes];
  const child = spawn('nsenter', entering(namespace.pid(), 'unshare', inside), { env: environment() });
  const errors: string[] = [];
  child.stderr.on('data', (chunk) => errors.push(String(chunk)));
  // If the task has ended, the next answer shows it.
  child.stdin.on('error', () => undefined);
  const expectAnswer = async (expected: string) => {
    const said = await nextLine(child);
    if (said !== expected) throw new Error(`A task with ${volumes.join(' ')}: ${said} ${errors.join('')}`);
  };
  await expectAnswer('ready');
  const running = () => child.exitCode === null && child.signalCode === null;
  return {
    running,
    mountpoints: () => mountpoints(`/proc/${child.pid}/mountinfo`),
    async write(word) {
      const answer = expectAnswer(`wrote ${word}`);
      child.stdin.write(`${word}\n`);
      await answer;
    },
    read: () => readFile(`/proc/${child.pid}/root${folder}/1/lines`, 'utf8'),
    async kill() {
      if (!running()) return;
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(100_000) });
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The next line; rejects if the task has ended. */
async function nextLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  const signal = AbortSignal.timeout(100_000);
  const [said] = await Promise.race([
    once(child.stdout, 'data', { signal }),
    once(child, 'close', { signal }).then(() => ['it ended.']),
  ]);
  return String(said).trim();
}
