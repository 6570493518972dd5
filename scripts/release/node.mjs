// The Node that packages bring, and those that the tests run: from npm, which has Node's own builds.
import { readFileSync } from 'node:fs';
import { unpackPackage } from './fetch-package.mjs';

const known = JSON.parse(readFileSync(new URL('node-versions.json', import.meta.url), 'utf8'));

export const packagedVersion = known.packaged;

/** A folder with Node's program and its licences; the caller removes it. `arch`: "x64" or "arm64". */
export function unpackNode(project, arch, version = packagedVersion) {
  const integrity = known.integrity[version][arch];
  return unpackPackage(project, { name: `node-linux-${arch}`, version, integrity }, ['bin/node', 'LICENSE']);
}
