import type { Jobs } from './jobs.ts';
import type { BackupState } from './state.ts';

/** What a plan does by schedules: its last time, and the one before while that is under way. */
export const kinds = {
  run: { last: 'lastRun', from: 'runFrom' },
  prove: { last: 'lastProve', from: 'proveFrom' },
} as const;
type Kind = (typeof kinds)[keyof typeof kinds];

/** What the end of a daemon cuts. It is due again after the next start, and made up once: it may be what ended the daemon. */
export interface CutWork {
  /** Makes due what an earlier process began and did not end. */
  putBack(plan: string): Promise<void>;
  begin(plan: string, kind: Kind): Promise<void>;
  /** Not for what this process interrupts at its own end. */
  end(plan: string, kind: Kind): Promise<void>;
}

export function createCutWork(
  state: Pick<BackupState, 'plan' | 'putPlan'>,
  jobs: Pick<Jobs, 'isClosing'>,
  now: () => number,
): CutWork {
  const looked = new Set<string>();
  const madeUp = new Set<string>();
  return {
    async putBack(plan) {
      if (looked.has(plan)) return;
      looked.add(plan);
      for (const { last, from } of Object.values(kinds)) {
        const before = state.plan(plan)[from];
        if (before === undefined) continue;
        await state.putPlan(plan, { [last]: before, [from]: undefined });
        madeUp.add(`${plan} ${last}`);
      }
    },
    async begin(plan, { last, from }) {
      const before = madeUp.delete(`${plan} ${last}`) ? undefined : state.plan(plan)[last];
      await state.putPlan(plan, { [last]: now(), [from]: before });
    },
    async end(plan, { from }) {
      if (!jobs.isClosing()) await state.putPlan(plan, { [from]: undefined });
    },
  };
}
