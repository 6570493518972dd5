import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import { field, type Json, listField, textField } from '../../core/json.ts';
import type { MountEntry } from '../../host/host.ts';
import type { Check, Patient } from '../check.ts';
import { shellWord, toDaemon } from '../lines.ts';

/** Ledger, kernel and storage agree: no mount without a record, no record without a mount, no foreign mount in the mount root. */
export const mountsCheck: Check = {
  name: 'mounts',
  async run(patient) {
    const table = await patient.system.mountTable();
    const { daemon } = patient;
    if (!daemon.isUp) return [];
    const steps = listField(await daemon.ask('/v1/recovery'), 'drivers').flatMap((driver) =>
      stepsOf(driver, toDaemon('recover', daemon.socket)),
    );
    const volumes = listField(await daemon.ask('/v1/volumes'), 'volumes');
    const found = [...steps, ...strangers(patient, table, volumes, steps)];
    return found.length > 0 ? found : [ok('mounts', 'Ledger, kernel and storage agree.')];
  },
};

function stepsOf(driver: Json, recover: string): readonly Finding[] {
  const name = textField(driver, 'driver');
  const error = textField(field(driver, 'error'), 'message');
  if (error !== '') return [warning(`driver ${name}`, `It cannot say what needs recovery: ${error}`)];
  return listField(driver, 'steps').map((step) => {
    const [action, volume, why] = ['action', 'volume', 'why'].map((key) => textField(step, key));
    return failure(`volume ${volume}`, `Driver ${name}: ${why} (${action}).`, recover);
  });
}

/** Mounts in the mount root that belong to no volume. */
function strangers(
  { configuration: { mountRoot, drivers } }: Patient,
  table: readonly MountEntry[],
  volumes: readonly Json[],
  steps: readonly Finding[],
): readonly Finding[] {
  const known = new Set(volumes.map((volume) => textField(volume, 'mountpoint')));
  const told = new Set(steps.map(({ subject }) => subject));
  return [...drivers.keys()].flatMap((driver) =>
    table
      .map(({ mountpoint }) => mountpoint)
      .filter((path) => path.startsWith(`${mountRoot}/${driver}/`) && !known.has(path))
      .filter((path) => !path.slice(`${mountRoot}/${driver}/`.length).startsWith('.'))
      .filter((path) => !told.has(`volume ${path.split('/').at(-1)}`))
      .map((path) =>
        warning(
          'mount root',
          `A mount at ${path} belongs to no volume of driver ${driver}.`,
          `umount ${shellWord(path)}`,
        ),
      ),
  );
}
