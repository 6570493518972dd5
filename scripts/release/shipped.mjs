// What a tarball has from others: its NOTICE and its list of parts (SBOM).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';

/** Name, version and licence of each npm package in a tarball, as its LICENSES.txt has them. */
export function shippedPackages(tarball) {
  const words = ['-xzOf', tarball, '--wildcards', '*/LICENSES.txt'];
  const licences = execFileSync('tar', words, { encoding: 'utf8', maxBuffer: 64e6 });
  const headings = licences.matchAll(/^={80}\n(\S+) (\S+) \((.+)\)$/gm);
  // It stands in the place of two packages, and has nothing in it.
  const packages = [...headings].filter(([, name]) => name !== 'empty-npm-package');
  return packages.map(([, name, version, licence]) => ({ name, version, licence }));
}

/** Without versions: those are in LICENSES.txt, with the whole texts. */
export function noticeText(packages) {
  const licences = [...new Set(packages.map(({ licence }) => licence))].sort();
  const named = (licence) => [
    ...new Set(packages.filter((one) => one.licence === licence).map(({ name }) => name)),
  ];
  return [
    'Holdfast',
    'Copyright The Holdfast authors',
    '',
    'Licensed under the Apache License, Version 2.0: see LICENSE.',
    '',
    'What is released contains these npm packages. Their licences are in LICENSES.txt beside the program. The',
    'Debian packages and the image also contain Node (https://nodejs.org), with its own file of licences.',
    ...licences.flatMap((licence) => ['', `${licence}:`, ...named(licence).map((name) => `  ${name}`)]),
    '',
  ].join('\n');
}

/** CycloneDX, from `npm sbom`: only what is shipped, and the same for the same release. `node`: the Node of the Debian packages. */
export function sbom(project, packages, { node, time }) {
  const words = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--sbom-type', 'application'];
  const whole = JSON.parse(execFileSync('npm', words, { cwd: project, encoding: 'utf8', maxBuffer: 64e6 }));
  const isShipped = ({ group, name, version }) => {
    const full = group === undefined ? name : `${group}/${name}`;
    return packages.some((one) => one.version === version && (one.name === full || one.name === name));
  };
  const isBinary = ({ name }) => /^@koromix\/koffi-linux-(x64|arm64)$/.test(name);
  const components = whole.components.filter((one) => isShipped(one) || isBinary(one));
  const refs = new Set(components.map((component) => component['bom-ref']));
  const own = whole.metadata.component['bom-ref'];
  const dependencies = whole.dependencies
    .filter(({ ref }) => ref === own || refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  const runtime = { type: 'application', name: 'node', version: node, purl: `pkg:generic/node@${node}` };
  const text = { ...whole, components: [...components, runtime], dependencies };
  // npm names it by its folder.
  const component = { ...whole.metadata.component, name: 'holdfast' };
  const metadata = { ...whole.metadata, timestamp: new Date(time * 1000).toISOString(), component };
  return JSON.stringify({ ...text, metadata, serialNumber: serial(text.components) }, null, 2);
}

function serial(components) {
  const hash = createHash('sha256').update(JSON.stringify(components)).digest('hex');
  const [, a, b, c, d] = /^(.{8})(.{4}).(.{3}).(.{3})/.exec(hash) ?? [];
  return `urn:uuid:${a}-${b}-5${c}-8${d}-${hash.slice(16, 28)}`;
}
