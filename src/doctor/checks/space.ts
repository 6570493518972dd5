import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Space } from '../../host/host.ts';
import { type Check, type Patient, rootsOf } from '../check.ts';
import { shellWord } from '../lines.ts';

/** Free space for state and volumes: bytes and inodes. */
export const spaceCheck: Check = {
  name: 'space',
  async run(patient) {
    const { runtimeDir, stateDir } = patient.configuration;
    const paths = [stateDir, runtimeDir, ...rootsOf(patient.configuration)];
    return (await Promise.all([...new Set(paths)].map((path) => look(patient, path)))).flat();
  },
};

async function look({ system }: Patient, path: string): Promise<readonly Finding[]> {
  if ((await system.facts(path)) === undefined) return [];
  return [roomIn(path, await system.space(path))];
}

const mebi = 1024 * 1024;

/** Below 1 % or 16 MiB counts as full, below 10 % as nearly full. */
function roomIn(path: string, { freeBytes, usedBytes, inodes = 0, usedInodes = 0 }: Space): Finding {
  const total = freeBytes + usedBytes;
  const left = `${Math.floor(freeBytes / mebi)} MiB of ${Math.floor(total / mebi)} are free`;
  const nodes = inodes === 0 ? '' : `, and ${inodes - usedInodes} of ${inodes} inodes`;
  const evidence = `${path}: ${left}${nodes}.`;
  const mend = `du -xh --max-depth=2 ${shellWord(path)} | sort -h | tail`;
  const share = Math.min(total === 0 ? 1 : freeBytes / total, inodes === 0 ? 1 : 1 - usedInodes / inodes);
  if (share < 0.01 || freeBytes < 16 * mebi) return failure('space', evidence, mend);
  return share < 0.1 ? warning('space', evidence, mend) : ok('space', evidence);
}
