import { engineNameNotes } from '../../core/engine/names.ts';
import { type Finding, warning } from '../../core/finding.ts';
import type { Check } from '../check.ts';

const patience = 2_000;

/** An engine knows a volume by one driver name. If a joint driver gives it a second one, the engine refuses that. */
export const engineNamesCheck: Check = {
  name: 'engine-names',
  async run({ ask, configuration, engines }) {
    const joints = Array.from(configuration.joints, ([name, { members }]) => ({ name, members }));
    if (joints.length === 0) return [];
    const each = await Promise.all(
      engines.map(async ({ name, socket }): Promise<readonly Finding[]> => {
        const known = await ask('volumes', socket, {}, patience).catch(() => undefined);
        return known === undefined ? [] : engineNameNotes(joints, known).map((note) => warning(name, note));
      }),
    );
    return each.flat();
  },
};
