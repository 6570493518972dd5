import { failure, ok, warning } from '../../core/finding.ts';
import type { Check } from '../check.ts';
import { heldUp } from '../held-up.ts';

const unit = '/etc/systemd/system/holdfast.service';

/** The daemon starts at each boot, before Docker mounts the volumes of its containers. */
export const bootCheck: Check = {
  name: 'boot',
  async run(patient) {
    const { configuration, system } = patient;
    // An engine starts its plugin by itself.
    if (configuration.pluginSocket !== undefined || (await system.facts('/run/systemd/system')) === undefined)
      return [];
    const text = await system.text(unit);
    if (text === undefined) {
      const evidence = `systemd has no unit of Holdfast: nothing starts the daemon at boot.${await heldUp(patient)}`;
      return [warning('boot', evidence, 'holdfast install')];
    }
    if (!/^Before=(.* )?docker\.service\b/m.test(text)) {
      const evidence = `${unit} is not ordered before docker.service: after a boot containers find no driver.${await heldUp(patient)}`;
      return [failure('boot', evidence, 'holdfast install --force')];
    }
    const enabled = await system.output('systemctl', 'is-enabled', 'holdfast.service');
    if (enabled !== 'enabled')
      return [
        failure('boot', 'holdfast.service does not start at boot.', 'systemctl enable holdfast.service'),
      ];
    return [ok('boot', 'holdfast.service starts at each boot, before Docker.')];
  },
};
