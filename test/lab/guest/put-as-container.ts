import { spawnSync } from 'node:child_process';

const script = 'head -c "$0" /dev/zero > "$1" && sync "$1"';
/** Root may exceed a limit of ext4 by this right, which containers do not have. */
const withoutRight = ['--bounding-set', '-sys_resource', '--inh-caps', '-sys_resource', '--'];

/** Writes a file as a container does. Throws with the kernel's code. */
export function putAsContainer(path: string, bytes: number): void {
  const args = [...withoutRight, 'sh', '-c', script, `${bytes}`, path];
  const { status, stderr } = spawnSync('setpriv', args, { encoding: 'utf8' });
  if (status === 0) return;
  // The words of strerror(3), since only a process of its own can lack the right.
  const code = /quota exceeded/i.test(stderr) ? 'EDQUOT' : /no space left/i.test(stderr) ? 'ENOSPC' : stderr;
  throw Object.assign(new Error(stderr), { code });
}
