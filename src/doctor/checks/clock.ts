import { ok, warning } from '../../core/finding.ts';
import type { Check } from '../check.ts';

/** The host's clock is right: the retention of removed data depends on it, and AWS refuses requests that are five minutes off. */
export const clockCheck: Check = {
  name: 'clock',
  async run({ system }) {
    const said = await system.output('timedatectl', 'show', '--property=NTPSynchronized', '--value');
    if (said === undefined) return [];
    if (said === 'yes') return [ok('clock', 'It is synchronised.')];
    return [warning('clock', 'The clock of this host is not synchronised.', 'timedatectl set-ntp true')];
  },
};
