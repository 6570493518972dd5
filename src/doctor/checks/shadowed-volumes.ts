import { failure, ok } from '../../core/finding.ts';
import { listField, textField } from '../../core/json.ts';
import type { Check } from '../check.ts';
import { shellWord } from '../lines.ts';

const patience = 2_000;

/** No engine has a volume of its own `local` driver with the name of one of ours: containers would get that volume. */
export const shadowedVolumesCheck: Check = {
  name: 'shadowed-volumes',
  async run({ ask, daemon, engines }) {
    if (!daemon.isUp) return [];
    const ours = listField(await daemon.ask('/v1/volumes'), 'volumes');
    const found = await Promise.all(
      engines.map(async ({ name, command, socket }) => {
        const own =
          (await ask('volumes', socket, { driver: 'local' }, patience).catch(() => undefined)) ?? [];
        const names = new Set(own.filter(({ driver }) => driver === 'local').map((volume) => volume.name));
        return ours
          .filter((volume) => names.has(textField(volume, 'name')))
          .map((volume) => {
            const [volumeName, driver] = [textField(volume, 'name'), textField(volume, 'driver')];
            const evidence = `${name} has a volume ${volumeName} of its own driver \`local\`: containers that name no driver get that volume instead of the one of driver ${driver}. First save the data you need from it.`;
            return failure(name, evidence, `${command} volume rm ${shellWord(volumeName)}`);
          });
      }),
    );
    const all = found.flat();
    return all.length > 0 || engines.length === 0
      ? all
      : [ok('volumes', 'No volume of an engine has the name of one of ours.')];
  },
};
