import type { Problem } from './problem.ts';
import { readText } from './read-text.ts';
import { isTree, type KeyPath, type Tree } from './tree.ts';
import { parseYaml } from './yaml-source.ts';

/** What a configuration file says, before any of it is checked. */
export interface Source {
  /** Undefined: there is none, everything has its default. */
  readonly file: string | undefined;
  readonly tree: Tree;
  place(path: KeyPath): string;
  written(path: KeyPath): string | undefined;
}

export type SourceRead =
  | { readonly kind: 'read'; readonly source: Source }
  | { readonly kind: 'wrong'; readonly problems: readonly Problem[] };

const noFile: Source = {
  file: undefined,
  tree: {},
  place: () => 'the default configuration',
  written: () => undefined,
};

/** Reads the file; a missing one is a problem only when it was asked for. */
export async function readSource(file: string, asked: 'asked' | 'default'): Promise<SourceRead> {
  const read = await readText(file);
  if (read.kind === 'absent') {
    if (asked === 'default') return { kind: 'read', source: noFile };
    return wrong(file, 'there is no such file');
  }
  if (read.kind === 'unusable') return wrong(file, `the file ${read.message}`);
  if (read.text.trim() === '') {
    return wrong(file, 'the file is empty: write what differs from the defaults, or delete it');
  }
  const yaml = parseYaml(file, read.text);
  if (yaml.kind === 'wrong') return yaml;
  const { value, place, written } = yaml.source;
  // A file of comments alone: a template that nobody has filled in yet.
  if (value === null) return { kind: 'read', source: { file, tree: {}, place, written } };
  if (!isTree(value)) {
    const message = `the file must be a map of keys, such as "drivers:", not ${Array.isArray(value) ? 'a list' : 'a single value'}`;
    return wrong(place([]), message);
  }
  return { kind: 'read', source: { file, tree: value, place, written } };
}

function wrong(place: string, message: string): SourceRead {
  return { kind: 'wrong', problems: [{ place, key: '', message }] };
}
