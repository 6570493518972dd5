import type { Amount, LongWork, Report } from '../core/waits/progress.ts';

interface WorkView extends LongWork {
  /** Absent where nobody knows. */
  readonly done?: Amount;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** The long work that is under way now. */
interface ProgressList {
  readonly report: Report;
  /** The oldest first; `unlisted`: how many more there are. */
  list(): { readonly works: readonly WorkView[]; readonly unlisted: number };
}

/** Works that are listed. More than that is the purge of a large trash, or a storm. */
const most = 100;

export function createProgressList(now: () => number): ProgressList {
  const works = new Set<{ readonly work: LongWork; readonly since: number; done?: Amount }>();
  return {
    report(work) {
      const entry: { readonly work: LongWork; readonly since: number; done?: Amount } = {
        work,
        since: now(),
      };
      works.add(entry);
      return {
        tell: (done) => {
          entry.done = done;
        },
        end: () => void works.delete(entry),
      };
    },
    list() {
      const shown = [...works].slice(0, most).map(({ work, since, done }) => ({
        ...work,
        since,
        ...(done === undefined ? {} : { done }),
      }));
      return { works: shown, unlisted: works.size - shown.length };
    },
  };
}
