import { failure, ok, warning } from '../../core/finding.ts';
import { textField } from '../../core/json.ts';
import type { Check, Patient } from '../check.ts';
import { heldUp } from '../held-up.ts';
import { lastErrorIn } from '../last-error.ts';
import { restartLine, serviceUnit, withConfiguration } from '../lines.ts';

/** The daemon answers, and has the same version as this command. */
export const daemonCheck: Check = {
  name: 'daemon',
  async run(patient) {
    const { configuration, daemon, system, version } = patient;
    if (!daemon.isUp) {
      const isInstalled = (await system.facts(serviceUnit)) !== undefined;
      const last = isInstalled ? await lastError(system) : undefined;
      const evidence = `No daemon answers on ${daemon.socket}.${last === undefined ? '' : ` The last error in its log: ${last}`}${await heldUp(patient)}`;
      const hasSystemd = (await system.facts('/run/systemd/system')) !== undefined;
      const verb = hasSystemd && configuration.pluginSocket === undefined ? 'install' : 'serve';
      const run = withConfiguration(verb, configuration.file);
      return [failure('daemon', evidence, isInstalled ? 'systemctl start holdfast.service' : run)];
    }
    const running = textField(await daemon.ask('/v1/version'), 'version');
    if (running === version) return [ok('daemon', `Version ${running} answers on ${daemon.socket}.`)];
    const evidence = `The daemon on ${daemon.socket} is version ${running}, this command ${version}.`;
    return [warning('daemon', evidence, await restartLine(patient))];
  },
};

/** Its last error in systemd's journal. */
async function lastError(system: Patient['system']): Promise<string | undefined> {
  const words = ['-u', 'holdfast.service', '-n', '200', '-o', 'cat', '--no-pager'];
  return lastErrorIn((await system.output('journalctl', ...words)) ?? '')?.slice(0, 500);
}
