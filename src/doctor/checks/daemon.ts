import { failure, ok, warning } from '../../core/finding.ts';
import { textField } from '../../core/json.ts';
import type { Check, Patient } from '../check.ts';
import { heldUp } from '../held-up.ts';

const unit = '/etc/systemd/system/holdfast.service';

/** The daemon answers, and has the same version as this command. */
export const daemonCheck: Check = {
  name: 'daemon',
  async run(patient) {
    const { daemon, system, version } = patient;
    if (!daemon.isUp) {
      const isInstalled = (await system.facts(unit)) !== undefined;
      const last = isInstalled ? await lastError(system) : undefined;
      const evidence = `No daemon answers on ${daemon.socket}.${last === undefined ? '' : ` The last error in its log: ${last}`}${await heldUp(patient)}`;
      return [
        failure('daemon', evidence, isInstalled ? 'systemctl start holdfast.service' : 'holdfast serve'),
      ];
    }
    const running = textField(await daemon.ask('/v1/version'), 'version');
    if (running === version) return [ok('daemon', `Version ${running} answers on ${daemon.socket}.`)];
    const evidence = `The daemon on ${daemon.socket} is version ${running}, this command ${version}.`;
    return [warning('daemon', evidence, 'systemctl restart holdfast.service')];
  },
};

/** Its last error in systemd's journal. */
async function lastError(system: Patient['system']): Promise<string | undefined> {
  const words = ['-u', 'holdfast.service', '-n', '200', '-o', 'cat', '--no-pager'];
  const lines = (await system.output('journalctl', ...words))?.split('\n') ?? [];
  return lines.findLast((line) => /"level":"error"| error /i.test(line))?.slice(0, 500);
}
