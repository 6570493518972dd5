import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../../docs/pages.ts';

/** All cases of csi-sanity. */
export const cases = 103;

/**
 * The number of cases that csi-sanity skips for an endpoint that lacks these capabilities, by csi-sanity's reason, as listed in
 * docs/reference/csi.md.
 */
export function skippedCases(lacking: readonly string[]): Readonly<Record<string, number>> {
  const page = readFileSync(join(project, 'docs/reference/csi.md'), 'utf8');
  const table = /<!-- checked: skipped-cases -->(.*?)\n\n(?!\|)/s.exec(page)?.[1] ?? '';
  const rows = [
    ...table.matchAll(/^\| `([^`]+)` \| (\d+) \| (?:(everywhere)|(with|without) `(\w+)`) \| \S.* \|$/gm),
  ];
  return Object.fromEntries(
    rows
      .filter(
        ([, , , everywhere, how, capability = '']) =>
          everywhere || lacking.includes(capability) === (how === 'without'),
      )
      .map(([, reason = '', count]) => [reason, Number(count)]),
  );
}
