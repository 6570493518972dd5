import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import { listField, textField } from '../../core/json.ts';
import { failedContainers } from '../../engines/failed-containers.ts';
import type { Engine } from '../../engines/usual-engines.ts';
import { type Check, driverNames, type Patient } from '../check.ts';
import { toDaemon } from '../lines.ts';

const patience = 2_000;

/** Containers that could not start because their driver was missing, and stopped ones whose volume was removed. */
export const containersCheck: Check = {
  name: 'containers',
  async run(patient) {
    const { engines } = patient;
    const known = patient.daemon.isUp ? await knownNames(patient) : undefined;
    const found = await Promise.all(engines.map((engine) => look(patient, engine, known)));
    const all = found.flat();
    return all.length > 0 || engines.length === 0
      ? all
      : [ok('containers', 'No container waits for a driver or a removed volume.')];
  },
};

async function knownNames({ daemon }: Patient): Promise<ReadonlySet<string>> {
  const volumes = listField(await daemon.ask('/v1/volumes'), 'volumes');
  return new Set(volumes.map((volume) => textField(volume, 'name')));
}

async function look(
  { ask, configuration, daemon }: Patient,
  { name, command, socket }: Engine,
  known: ReadonlySet<string> | undefined,
): Promise<readonly Finding[]> {
  const drivers = driverNames(configuration);
  const failed = await failedContainers(ask, drivers, [socket], patience);
  const given = failed.map(({ container, reason }) =>
    failure(name, `Container ${container} did not start: ${reason}`, `${command} start ${container}`),
  );
  const containers = (await ask('containers', socket, {}, patience).catch(() => undefined)) ?? [];
  const lost = containers.flatMap((container) =>
    container.volumes
      .filter((volume) => drivers.includes(volume.driver) && known?.has(volume.name) === false)
      .map((volume) =>
        warning(
          name,
          `Container ${container.name} (${container.state}) refers to volume ${volume.name} of driver ${volume.driver}, which no longer exists. Remove the container, or bring the volume back with \`${toDaemon(`volume undelete ${volume.name}`, daemon.socket)}\`.`,
          `${command} rm ${container.name}`,
        ),
      ),
  );
  return [...given, ...lost];
}
