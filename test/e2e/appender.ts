import { mkdir, readFile } from 'node:fs/promises';
import { busybox } from '../lab/images.ts';
import type { Machine } from '../lab/machine.ts';
import { plain } from './containers.ts';

/** A container that appends numbered lines to /d/lines of its volume. Each is on the servers' disks (fsync) before the next. */
export interface Appender {
  readonly id: string;
  /** The lines whose fsync succeeded, recorded on the host's own disk, which survives a power failure. */
  acknowledged(): Promise<readonly string[]>;
  /** The lines whose fsync failed. */
  failed(): Promise<readonly string[]>;
  /** Returns once more lines are acknowledged than at the call. */
  appendsOn(): Promise<void>;
  /** Kills the container, and returns the acknowledged lines. */
  end(): Promise<readonly string[]>;
}

const loop = `n=0
while true; do
  n=$((n + 1))
  if echo $n | dd of=/d/lines oflag=append conv=notrunc,fsync 2>> /host/words; then
    echo $n >> /host/acknowledged
  else
    echo $n >> /host/failed
  fi
  sleep 0.02
done`;

export async function startAppender(
  machine: Pick<Machine, 'folder' | 'docker' | 'eventually'>,
  name: string,
  volume: string,
): Promise<Appender> {
  const folder = `${machine.folder}/appended/${name}`;
  await mkdir(folder, { recursive: true });
  const mounts = ['-v', `${volume}:/d`, '-v', `${folder}:/host`];
  const flags = ['run', '--detach', '--name', name, ...plain, ...mounts];
  const id = await machine.docker(...flags, busybox, 'sh', '-c', loop);
  const read = async (file: string) => lines(await readFile(`${folder}/${file}`, 'utf8').catch(() => ''));
  const appender: Appender = {
    id,
    acknowledged: () => read('acknowledged'),
    failed: () => read('failed'),
    async appendsOn() {
      const before = (await read('acknowledged')).length;
      const more = async () => (await read('acknowledged')).length > before + 1;
      await machine.eventually(`the container ${name} appends on`, more);
    },
    async end() {
      await machine.docker('kill', name);
      return read('acknowledged');
    },
  };
  await appender.appendsOn();
  return appender;
}

/** The complete lines of a text. */
export function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
