import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { project } from '../docs/pages.ts';

test('the labels of the image say what package.json says', () => {
  const about = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const dockerfile = readFileSync(join(project, 'Dockerfile'), 'utf8');
  // What comes before is not part of the image.
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const labels = [...last.matchAll(/org\.opencontainers\.image\.(\w+)="(.*)"/g)].map(([, key, value]) => [
    key,
    value,
  ]);
  expect(Object.fromEntries(labels)).toEqual({
    title: about.name,
    description: about.description,
    version: about.version,
    licenses: about.license,
    vendor: about.author,
    url: about.homepage,
    source: about.repository.url.replace(/^git\+|\.git$/g, ''),
  });
});
