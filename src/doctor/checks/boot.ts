import { failure, ok, warning } from '../../core/finding.ts';
import type { Check } from '../check.ts';
import { heldUp } from '../held-up.ts';
import { serviceUnit, withConfiguration } from '../lines.ts';

/** The daemon starts at each boot, before Docker mounts the volumes of its containers. */
export const bootCheck: Check = {
  name: 'boot',
  async run(patient) {
    const { configuration, system } = patient;
    // An engine starts its plugin by itself.
    if (configuration.pluginSocket !== undefined || (await system.facts('/run/systemd/system')) === undefined)
      return [];
    const install = withConfiguration('install', configuration.file);
    const text = await system.text(serviceUnit);
    if (text === undefined) {
      const evidence = `systemd has no unit of Holdfast: nothing starts the daemon at boot.${await heldUp(patient)}`;
      return [warning('boot', evidence, install)];
    }
    if (!/^Before=(.* )?docker\.service\b/m.test(text)) {
      const evidence = `${serviceUnit} is not ordered before docker.service: after a boot containers find no driver.${await heldUp(patient)}`;
      return [failure('boot', evidence, `${install} --force`)];
    }
    const enabled = await system.output('systemctl', 'is-enabled', 'holdfast.service');
    if (enabled !== 'enabled')
      return [
        failure('boot', 'holdfast.service does not start at boot.', 'systemctl enable holdfast.service'),
      ];
    return [ok('boot', 'holdfast.service starts at each boot, before Docker.')];
  },
};
