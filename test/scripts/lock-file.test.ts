import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { project } from '../docs/pages.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly integrity?: string; readonly resolved?: string }>>;
}

test.each(['package-lock.json', 'site/package-lock.json'])(
  '%s has a checksum for each package, those of other platforms included',
  (file) => {
    const { packages }: LockFile = JSON.parse(readFileSync(join(project, file), 'utf8'));
    const [, ...locked] = Object.entries(packages);
    const unchecked = locked.filter(([, { integrity = '' }]) => !/^sha512-[\w+/]{86}==$/.test(integrity));
    expect(unchecked.map(([place]) => place)).toEqual([]);
    expect(locked.length).toBeGreaterThan(50);
  },
);
