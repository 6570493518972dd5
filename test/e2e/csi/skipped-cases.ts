import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../../docs/pages.ts';

/** The cases of csi-sanity that are skipped, by its own reason, as docs/reference/csi.md lists them with ours. */
export function skippedCases(): Readonly<Record<string, number>> {
  const page = readFileSync(join(project, 'docs/reference/csi.md'), 'utf8');
  const table = /<!-- checked: skipped-cases -->(.*?)\n\n(?!\|)/s.exec(page)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `([^`]+)` \| (\d+) \| \S.* \|$/gm)];
  return Object.fromEntries(rows.map(([, reason = '', count]) => [reason, Number(count)]));
}
