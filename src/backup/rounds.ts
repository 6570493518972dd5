import type { BackupJob, BackupTask } from '../core/protect/backup.ts';
import { asVolumeError } from '../core/volume-error.ts';
import { createCutWork, kinds } from './cut-work.ts';
import { claimBound } from './decisions/claims.ts';
import { dueTime, isLate, latestTime } from './decisions/schedule.ts';
import type { Jobs } from './jobs.ts';
import type { BackupParts } from './parts.ts';
import { keyOf } from './state.ts';
import { selectedVolumes } from './steps/selected.ts';

export interface Rounds {
  /**
   * Does what is due now, unless an earlier round still does, and tells what is late: also while a repository never answers. Never
   * rejects.
   */
  round(): Promise<void>;
  /** Resolves when no round does anything any more. */
  ended(): Promise<void>;
}

/** Milliseconds between two reports that the same backup is late. */
const reportPause = 86_400_000;

/** The schedules. Runs that were missed, as while the host was down, or cut by its end are made up by one. */
export function createRounds(
  parts: BackupParts,
  jobs: Pick<Jobs, 'begin' | 'finished' | 'isClosing'>,
): Rounds {
  const { plans, state, log, host, hostname } = parts;
  const reported = new Map<string, number>();
  /** By plan: when it is looked again whether another host has finished; milliseconds since the epoch. */
  const waiting = new Map<string, number>();
  const work = createCutWork(state, jobs, () => host.now());
  let underWay: Promise<void> | undefined;

  async function finish(task: BackupTask): Promise<BackupJob | undefined> {
    const job = await jobs.finished(jobs.begin(task).id);
    if (job?.state === 'failed' && 'plan' in task)
      log.write('error', 'backup-failed', { backup: task.plan, error: job.error?.message ?? '' });
    return job;
  }

  /** A first run comes with the schedule, not at once. A time in the future is of a clock that was wrong. */
  async function isDue(plan: string, key: 'lastRun' | 'lastProve', schedule: string, jitter: number) {
    const now = host.now();
    const last = state.plan(plan)[key];
    if (last === undefined || last > now) {
      await state.putPlan(plan, { [key]: now });
      return false;
    }
    return now >= dueTime(schedule, jitter, last, `${hostname} ${plan} ${key}`);
  }

  /** Another host that backs a volume up now may die: then it is looked at again, and not before. */
  async function run(name: string, schedule: string): Promise<void> {
    const now = host.now();
    const { lastRun = now } = state.plan(name);
    const since = latestTime(schedule, lastRun, now);
    await work.begin(name, kinds.run);
    const job = await finish({ do: 'run', plan: name, since });
    await work.end(name, kinds.run);
    if (job?.results.some(({ isElsewhere }) => isElsewhere)) {
      waiting.set(name, host.now() + claimBound);
      await state.putPlan(name, { lastRun });
      return;
    }
    waiting.delete(name);
    await finish({ do: 'prune', plan: name });
  }

  async function roundOf(name: string): Promise<void> {
    const plan = plans.get(name);
    if (plan === undefined) return;
    await work.putBack(name);
    const wait = (waiting.get(name) ?? 0) - host.now();
    // A longer one is of a clock that was wrong.
    const isWaiting = wait > 0 && wait <= claimBound;
    if (!isWaiting && (await isDue(name, 'lastRun', plan.schedule, plan.jitter)))
      await run(name, plan.schedule);
    if (await isDue(name, 'lastProve', plan.prove, plan.jitter)) {
      await work.begin(name, kinds.prove);
      await finish({ do: 'prove', plan: name });
      await work.end(name, kinds.prove);
    }
  }

  async function tellLate(name: string): Promise<void> {
    for (const late of await lateVolumes(parts, name)) {
      const key = keyOf(name, late.driver, late.volume);
      if (Math.abs(host.now() - (reported.get(key) ?? 0)) < reportPause) continue;
      reported.set(key, host.now());
      log.write('error', 'backup-late', { ...late, backup: name });
    }
  }

  async function ofEachPlan(act: (name: string) => Promise<void>): Promise<void> {
    for (const name of plans.keys())
      await act(name).catch((thrown) =>
        log.write('error', 'backup-failed', {
          backup: name,
          error: asVolumeError(thrown, 'The schedule could not be followed'),
        }),
      );
  }

  return {
    async round() {
      if (underWay === undefined) {
        underWay = ofEachPlan(roundOf).finally(() => {
          underWay = undefined;
        });
        await underWay;
      }
      await ofEachPlan(tellLate);
    },
    ended: async () => underWay,
  };
}

/** Volumes without a backup, or without a good proof, for two times of the schedule. */
export async function lateVolumes(
  parts: BackupParts,
  name: string,
): Promise<readonly { readonly driver: string; readonly volume: string; readonly why: string }[]> {
  const { plans, state, host } = parts;
  const plan = plans.get(name);
  if (plan === undefined) return [];
  const now = host.now();
  return Promise.all(
    selectedVolumes(parts, name, plan, undefined).map(async ({ driver, volume }) => {
      const key = keyOf(name, driver.name, volume);
      const known = state.volume(key);
      const [lastGood, lastProof, seen] = [known.lastGood, known.lastProof, known.since].map((time) =>
        // One in the future is of a clock that was wrong: nothing would be late until then.
        time === undefined || time > now ? undefined : time,
      );
      const since = seen ?? now;
      // A volume that is new to the plan is late only after a while.
      if ((lastGood === undefined || lastProof === undefined) && since !== known.since)
        await state.putVolume(key, { since });
      const isOld = isLate(plan.schedule, plan.jitter, lastGood ?? since, now);
      const isUnproven = isLate(plan.prove, plan.jitter, lastProof ?? since, now);
      const why = [
        ...(isOld
          ? [`the last backup is ${lastGood === undefined ? 'missing' : `of ${iso(lastGood)}`}`]
          : []),
        ...(isUnproven
          ? [`the last proof is ${lastProof === undefined ? 'missing' : `of ${iso(lastProof)}`}`]
          : []),
      ].join(', and ');
      return { driver: driver.name, volume, why };
    }),
  ).then((all) => all.filter(({ why }) => why !== ''));
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
