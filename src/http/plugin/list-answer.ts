import type { ListedVolume, VolumeDriver } from '../../driver/volume-driver.ts';
import { listedAnswer } from './protocol.ts';

interface Fragment {
  readonly listed: ListedVolume;
  readonly text: string;
}

/** The answer to List. Its bytes are kept until a volume is created, removed, or changes its mountpoint. */
export function createListAnswer(driver: Pick<VolumeDriver, 'revision' | 'list'>): () => Buffer {
  let fragments: ReadonlyMap<string, Fragment> = new Map();
  let revision: number | undefined;
  let answer = Buffer.alloc(0);

  return () => {
    if (revision === driver.revision) return answer;
    revision = driver.revision;
    const next = new Map<string, Fragment>();
    for (const listed of driver.list()) {
      const before = fragments.get(listed.volume.name);
      next.set(
        listed.volume.name,
        before && same(before.listed, listed) ? before : { listed, text: listedAnswer(listed) },
      );
    }
    fragments = next;
    answer = Buffer.from(`{"Volumes":[${Array.from(next.values(), ({ text }) => text).join(',')}]}`);
    return answer;
  };
}

function same(a: ListedVolume, b: ListedVolume): boolean {
  return a.volume === b.volume && a.mountpoint === b.mountpoint;
}
