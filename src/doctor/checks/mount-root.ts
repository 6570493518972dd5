import { type Finding, failure, ok } from '../../core/finding.ts';
import type { MountEntry } from '../../host/host.ts';
import type { Check } from '../check.ts';
import { shellWord } from '../lines.ts';

/** The mount root is a separate shared mount: otherwise an unmount does not reach the copies that containers inherited. */
export const mountRootCheck: Check = {
  name: 'mount-root',
  async run({ configuration: { mountRoot }, daemon, system }) {
    if (!daemon.isUp) return [];
    return [propagation(mountRoot, await system.mountTable())];
  },
};

function propagation(mountRoot: string, table: readonly MountEntry[]): Finding {
  const word = shellWord(mountRoot);
  const entry = table.findLast(({ mountpoint }) => mountpoint === mountRoot);
  if (entry === undefined) {
    const evidence = `${mountRoot} is no longer a separate mount.`;
    return failure('mount root', evidence, `mount --bind ${word} ${word} && mount --make-shared ${word}`);
  }
  if (entry.propagation.some((word) => word.startsWith('shared:')))
    return ok('mount root', `${mountRoot} is a shared mount.`);
  const evidence = `${mountRoot} is a private mount: an unmount does not reach the copies that containers inherited.`;
  return failure('mount root', evidence, `mount --make-shared ${word}`);
}
