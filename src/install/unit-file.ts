import { createHash } from 'node:crypto';

/** A file that systemd reads. */
export interface UnitFile {
  /** "holdfast.service" */
  readonly name: string;
  readonly text: string;
}

const firstLine = '# Written by `holdfast install`; for changes of your own: systemctl edit ';

/** The unit under a head that tells later whether somebody changed it. */
export function sealed(name: string, body: string): UnitFile {
  return { name, text: `${firstLine}${name}\n# sha256 ${hashOf(body)}\n\n${body}` };
}

/** `ours`: as it was written, by whatever version; `changed`: written here, and changed by hand; else `foreign`. */
export function originOf({ name, text }: UnitFile): 'ours' | 'changed' | 'foreign' {
  if (!text.startsWith(`${firstLine}${name}\n`)) return 'foreign';
  const [, hash, body] = /^# sha256 ([0-9a-f]{64})\n\n(.*)$/s.exec(text.slice(text.indexOf('\n') + 1)) ?? [];
  return body !== undefined && hashOf(body) === hash ? 'ours' : 'changed';
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
