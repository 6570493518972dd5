import * as z from 'zod/mini';
import type { Log } from '../core/log.ts';
import type { Proof } from '../core/protect/backup.ts';
import type { Files } from '../host/host.ts';

/** What this host remembers of its backups, in one file. Times are milliseconds since the epoch. */
export interface BackupState {
  /** By the ID of a backup. */
  proof(id: string): Proof | undefined;
  /** Undefined: it does not count as proven any more. */
  putProof(id: string, proof: Proof | undefined): Promise<void>;
  /** The state of one volume in one plan; `key`: see `keyOf`. */
  volume(key: string): VolumeState;
  /** Whether this host may have backed the volume up by any plan: it remembers that, or this file is not older than the volume. */
  mayHaveKept(driver: string, volume: string, createdAt: number): boolean;
  putVolume(key: string, state: Partial<VolumeState>): Promise<void>;
  plan(name: string): PlanState;
  putPlan(name: string, state: Partial<PlanState>): Promise<void>;
}

interface VolumeState {
  /** Since when the plan has selected it, if it was never backed up or proven. */
  readonly since?: number | undefined;
  readonly lastGood?: number | undefined;
  /** The snapshot of the data of that backup, if this host has made it, or the beginning of its ID. */
  readonly data?: string | undefined;
  readonly lastProof?: number | undefined;
  /** The last proof of all files. */
  readonly lastWhole?: number | undefined;
}

interface PlanState {
  readonly lastRun?: number | undefined;
  readonly lastProve?: number | undefined;
  /** The time before that, while it is under way: if it is cut, it is made up from there, once. */
  readonly runFrom?: number | undefined;
  readonly proveFrom?: number | undefined;
}

export function keyOf(plan: string, driver: string, volume: string): string {
  return `${plan} ${driver} ${volume}`;
}

const time = z.optional(z.number());
const data = z.optional(z.string().check(z.regex(/^[0-9a-f]{8,64}$/)));
const schema = z.object({
  proofs: z.record(
    z.string().check(z.regex(/^[0-9a-f]{16}$/)),
    z.object({
      at: z.string(),
      outcome: z.enum(['good', 'bad']),
      extent: z.enum(['whole', 'part']),
      message: z.optional(z.string()),
    }),
  ),
  volumes: z.record(
    z.string(),
    z.object({ since: time, lastGood: time, data, lastProof: time, lastWhole: time }),
  ),
  plans: z.record(z.string(), z.object({ lastRun: time, lastProve: time, runFrom: time, proveFrom: time })),
  /** Since when everything is remembered here. */
  begun: time,
});

/** Proofs that are kept: the file is written as a whole. */
const mostProofs = 5_000;

/** A file that cannot be read is put aside: then nothing counts as proven, and so nothing is deleted. */
export async function openBackupState(
  files: Files,
  log: Log,
  folder: string,
  now: number,
): Promise<BackupState> {
  const path = `${folder}/state.json`;
  await files.makePrivateDirectory(folder);
  const read = await load(files, log, path);
  const proofs = new Map(Object.entries(read.proofs));
  const volumes = new Map<string, VolumeState>(Object.entries(read.volumes));
  const plans = new Map<string, PlanState>(Object.entries(read.plans));
  const { begun = now } = read;
  let saving: Promise<unknown> = Promise.resolve();
  const save = (): Promise<void> => {
    const saved = saving.then(() => {
      for (const id of [...proofs.keys()].slice(0, Math.max(0, proofs.size - mostProofs))) proofs.delete(id);
      const all = [proofs, volumes, plans].map((map) => Object.fromEntries<unknown>(map));
      const text = JSON.stringify({ proofs: all[0], volumes: all[1], plans: all[2], begun });
      return files.writeText(path, text, 'replace').then(() => undefined);
    });
    saving = saved.catch(() => undefined);
    return saved;
  };
  // Not known before it is on the disk: a volume that is created meanwhile is younger in any case.
  if (read.begun === undefined) await save();
  return {
    proof: (id) => proofs.get(id),
    putProof(id, proof) {
      proofs.delete(id);
      if (proof !== undefined) proofs.set(id, proof);
      return save();
    },
    volume: (key) => volumes.get(key) ?? {},
    mayHaveKept(driver, volume, createdAt) {
      const end = keyOf('', driver, volume);
      const isKnown = [...volumes].some(([key, { data }]) => data !== undefined && key.endsWith(end));
      return isKnown || !(createdAt > begun);
    },
    putVolume(key, state) {
      volumes.set(key, { ...volumes.get(key), ...state });
      return save();
    },
    plan: (name) => plans.get(name) ?? {},
    putPlan(name, state) {
      plans.set(name, { ...plans.get(name), ...state });
      return save();
    },
  };
}

async function load(files: Files, log: Log, path: string): Promise<z.output<typeof schema>> {
  const empty = { proofs: {}, volumes: {}, plans: {} };
  const text = await files.readText(path);
  if (text === undefined) return empty;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    log.write('error', 'backup-state-unreadable', { path, error });
    await files.writeText(`${path}.damaged`, text, 'replace');
    return empty;
  }
}
