import { type Finding, ok, warning } from '../../core/finding.ts';

/** Milliseconds. Certificates, tickets and people that compare log files go wrong from about there on. */
const tolerated = 60_000;

/** When a storage's clock was read: between two moments of this host's clock. All in milliseconds since the epoch. */
export interface ClockReading {
  readonly theirs: number;
  readonly before: number;
  readonly after: number;
}

/** Whether this host's clock and the storage's agree, as far as one reading tells. `whose`: such as `the server of gv0`. */
export function clockFinding(whose: string, { theirs, before, after }: ClockReading): Finding {
  const off = theirs > after ? theirs - after : theirs < before ? theirs - before : 0;
  const seconds = Math.round(Math.abs(off) / 1000);
  const evidence =
    seconds === 0
      ? `The clocks of this host and of ${whose} agree.`
      : `The clock of this host is ${seconds} s ${off > 0 ? 'behind' : 'ahead of'} that of ${whose}.`;
  if (Math.abs(off) < tolerated) return ok('clock', evidence);
  const mend = 'Let a time server keep both: `timedatectl set-ntp true`.';
  return warning('clock', evidence, mend);
}
