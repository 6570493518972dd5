import type { VolumeName } from '../../core/names.ts';

/** Looks at the storage, each with the names that changed here since it began. */
export interface NotedLooks {
  note(name: VolumeName): void;
  whileNoting<T>(work: (changed: ReadonlySet<VolumeName>) => Promise<T>): Promise<T>;
}

export function createNotedLooks(): NotedLooks {
  const looking = new Set<Set<VolumeName>>();
  return {
    note(name) {
      for (const changed of looking) changed.add(name);
    },
    async whileNoting(work) {
      const changed = new Set<VolumeName>();
      looking.add(changed);
      try {
        return await work(changed);
      } finally {
        looking.delete(changed);
      }
    },
  };
}
