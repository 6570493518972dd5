import { createHash } from 'node:crypto';

export interface UnitFile {
  /** "holdfast.service" */
  readonly name: string;
  readonly text: string;
}

const firstLine = '# Written by `holdfast install`; for changes of your own: systemctl edit ';

/** Puts a header before the unit: its checksum shows later whether the file was edited. */
export function sealed(name: string, body: string): UnitFile {
  return { name, text: `${firstLine}${name}\n# sha256 ${hashOf(body)}\n\n${body}` };
}

/** `ours`: written by any version of Holdfast and not edited since; `changed`: edited since; else `foreign`. */
export function originOf({ name, text }: UnitFile): 'ours' | 'changed' | 'foreign' {
  if (!text.startsWith(`${firstLine}${name}\n`)) return 'foreign';
  const [, hash, body] = /^# sha256 ([0-9a-f]{64})\n\n(.*)$/s.exec(text.slice(text.indexOf('\n') + 1)) ?? [];
  return body !== undefined && hashOf(body) === hash ? 'ours' : 'changed';
}

function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
