import type { VolumeName } from '../core/names.ts';
import type { BackupJob, BackupResult, Backups, BackupTask } from '../core/protect/backup.ts';
import { parseBackupName, restoredFrom } from '../core/protect/backup-name.ts';
import type { Options } from '../core/volume.ts';
import { VolumeError } from '../core/volume-error.ts';
import type { Restores, VolumeDriver } from '../driver/volume-driver.ts';

/** Milliseconds that a Create waits, shorter than engines do. */
const usualPatience = 110_000;

interface UnderWay {
  readonly id: string;
  readonly asked: string;
}

/**
 * Creates volumes with the data of a backup, for front doors that know only Create. It succeeds once all data is there and was compared,
 * because a volume that is reported too early, and then fails, would be replaced by an empty one.
 */
export function createRestores(backups: () => Backups, patience = usualPatience): Restores {
  const underWay = new Map<string, UnderWay>();

  function begin(key: string, task: BackupTask, asked: string): UnderWay {
    const begun = { id: backups().begin(task).id, asked };
    underWay.set(key, begun);
    return begun;
  }

  /** One that has failed is still told to the call that asks for the same again. The volume of another one may be gone by now. */
  function forgetEnded(key: string, asked: string): void {
    const known = underWay.get(key);
    if (known === undefined) return;
    const job = backups().job(known.id);
    if (job?.state === 'running') return;
    if (known.asked !== asked || (job !== undefined && failureOf(job) === undefined)) underWay.delete(key);
  }

  return {
    async create(driver, name, options) {
      const key = `${driver.name} ${name}`;
      const asked = JSON.stringify(options);
      forgetEnded(key, asked);
      const known = underWay.get(key);
      if (known !== undefined && known.asked !== asked)
        throw new VolumeError(
          'conflict',
          `Volume ${name} is being restored with other options: wait for that.`,
        );
      if (known === undefined && (await driver.get(name)) !== undefined) return driver.create(name, options);
      const { id } = underWay.get(key) ?? begin(key, taskOf(driver, name, options), asked);
      const job = await backups().news(id, Number.POSITIVE_INFINITY, patience);
      if (job?.state === 'running') throw late(name, options, job);
      if (underWay.get(key)?.id === id) underWay.delete(key);
      throwFailure(name, job);
    },
    async foresee(driver, name, options) {
      if ((await driver.get(name)) !== undefined) return driver.foresee({ verb: 'create', name, options });
      const sentences = await backups().foresee(taskOf(driver, name, options));
      return { steps: sentences.map((about) => ({ act: 'create', about }) as const) };
    },
  };
}

function taskOf(driver: VolumeDriver, name: VolumeName, options: Options): BackupTask {
  const { repository, backup } = parseBackupName(restoredFrom(options) ?? '');
  return { do: 'restore', repository, backup, driver: driver.name, name, options };
}

function late(name: VolumeName, options: Options, { progress }: BackupJob): VolumeError {
  const how = progress === '' ? '' : ` (${progress})`;
  return new VolumeError(
    'timeout',
    `Volume ${name} is still being restored from ${restoredFrom(options)}${how}: the work continues, and the same call again joins it.`,
  );
}

function throwFailure(name: VolumeName, job: BackupJob | undefined): void {
  if (job === undefined)
    throw new VolumeError('failed', `It is not known how the restore of volume ${name} ended: try again.`);
  const { code = 'failed', message } = failureOf(job) ?? {};
  if (message !== undefined) throw new VolumeError(code, message);
}

function failureOf({ error, results }: BackupJob): Pick<BackupResult, 'code' | 'message'> | undefined {
  return error ?? results.find(({ outcome }) => outcome === 'failed');
}
