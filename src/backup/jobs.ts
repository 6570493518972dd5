import { EventEmitter, once } from 'node:events';
import type { BackupJob, BackupResult, BackupTask } from '../core/protect/backup.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { createMutex } from '../core/waits/mutex.ts';
import type { Reporter } from './steps/each.ts';

/** Tasks, one at a time, and what became of the latest of them. */
export interface Jobs {
  begin(task: BackupTask): BackupJob;
  /** Resolves when the job is over; never rejects. */
  finished(id: string): Promise<BackupJob | undefined>;
  job(id: string): BackupJob | undefined;
  /** See `Backups.news`. */
  news(id: string, after: number, patience: number): Promise<BackupJob | undefined>;
  /** Whether what is under way is being interrupted. */
  isClosing(): boolean;
  /** Interrupts what is under way, and waits for its end. */
  close(): Promise<void>;
}

interface Running {
  job: BackupJob;
  readonly ended: Promise<void>;
}

const mostKept = 100;

export function createJobs(
  newId: () => string,
  work: (task: BackupTask, reporter: Reporter, signal: AbortSignal) => Promise<void>,
): Jobs {
  const jobs = new Map<string, Running>();
  const inTurn = createMutex();
  const stopping = new AbortController();
  const changes = new EventEmitter().setMaxListeners(0);

  async function run(id: string, task: BackupTask): Promise<void> {
    const change = (part: Partial<BackupJob>): void => {
      const running = jobs.get(id);
      if (running !== undefined) running.job = { ...running.job, ...part };
      changes.emit(id);
    };
    const results: BackupResult[] = [];
    const reporter: Reporter = {
      progress: (progress) => change({ progress }),
      result(result) {
        results.push(result);
        change({ results: [...results] });
      },
    };
    try {
      stopping.signal.throwIfAborted();
      change({ progress: 'begun' });
      await work(task, reporter, stopping.signal);
      change({ state: 'done', progress: '' });
    } catch (thrown) {
      const { code, message } = asVolumeError(thrown, 'The task failed');
      change({ state: 'failed', progress: '', error: { code, message } });
    }
  }

  return {
    begin(task) {
      const id = newId();
      const job: BackupJob = {
        id,
        task: task.do,
        state: 'running',
        progress: 'waiting for an earlier task',
        results: [],
      };
      // The job is known before it begins.
      const ended = Promise.resolve().then(() => inTurn(() => run(id, task)));
      jobs.set(id, { job, ended });
      for (const [old, { job: known }] of jobs)
        if (jobs.size > mostKept && known.state !== 'running') jobs.delete(old);
      return job;
    },
    async finished(id) {
      await jobs.get(id)?.ended;
      return jobs.get(id)?.job;
    },
    job: (id) => jobs.get(id)?.job,
    async news(id, after, patience) {
      const late = AbortSignal.timeout(patience);
      for (;;) {
        const job = jobs.get(id)?.job;
        if (late.aborted || job?.state !== 'running' || job.results.length > after) return job;
        await once(changes, id, { signal: late }).catch(() => undefined);
      }
    },
    isClosing: () => stopping.signal.aborted,
    async close() {
      stopping.abort();
      await Promise.all([...jobs.values()].map(({ ended }) => ended));
    },
  };
}
