import { failure, ok } from '../../core/finding.ts';
import type { Check } from '../check.ts';
import { shellWord } from '../lines.ts';

/** The disks that drivers require (`requireMount`) are mounted. */
export const requiredMountsCheck: Check = {
  name: 'required-mounts',
  async run({ configuration: { drivers }, system }) {
    const each = Array.from(drivers, ([driver, { settings }]) =>
      settings.needs.mounts.map((path) => ({ driver, path })),
    ).flat();
    if (each.length === 0) return [];
    const mounted = new Set((await system.mountTable()).map(({ mountpoint }) => mountpoint));
    const missing = each.filter(({ path }) => !mounted.has(path));
    if (missing.length === 0) return [ok('disks', 'The disks that drivers require are mounted.')];
    return missing.map(({ driver, path }) =>
      failure(
        `driver ${driver}`,
        `Nothing is mounted at ${path}, which its \`requireMount\` requires.`,
        `mount ${shellWord(path)}`,
      ),
    );
  },
};
