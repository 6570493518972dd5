import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import type { Problem } from './problem.ts';
import type { KeyPath } from './tree.ts';
import { isNestedTooDeeply, structureProblems, syntaxProblem, type YamlProblem } from './yaml-problems.ts';

/** A YAML text as a value, and where in the text each part of it stands. */
interface YamlSource {
  readonly value: unknown;
  /** "file:line:column" of the key, or of the nearest one around it that exists. */
  place(path: KeyPath): string;
  /** A scalar as it was written: the number `0750` stays that. */
  written(path: KeyPath): string | undefined;
}

export type YamlRead =
  | { readonly kind: 'read'; readonly source: YamlSource }
  | { readonly kind: 'wrong'; readonly problems: readonly Problem[] };

/** The source, or everything that is wrong with the text as YAML. Never throws. */
export function parseYaml(file: string, text: string): YamlRead {
  if (isNestedTooDeeply(text)) return wrong(file, 'the text is nested too deeply to be a configuration');
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
    });
    const found = yamlProblems(document);
    if (found.length === 0) return { kind: 'read', source: sourceOf(document, place) };
    return {
      kind: 'wrong',
      problems: found.map(({ offset, message }) => ({ place: place(offset), key: '', message })),
    };
  } catch (error) {
    return wrong(file, error instanceof Error ? error.message : String(error));
  }
}

function wrong(file: string, message: string): YamlRead {
  return { kind: 'wrong', problems: [{ place: file, key: '', message }] };
}

function yamlProblems(document: Document.Parsed): readonly YamlProblem[] {
  // One mistake has several errors at its place, the first of which says most.
  const problems = new Map<number, YamlProblem>();
  for (const found of document.errors.map(syntaxProblem))
    if (!problems.has(found.offset)) problems.set(found.offset, found);
  if (problems.size > 0) return [...problems.values()];
  return structureProblems(document);
}

function sourceOf(document: Document, place: (offset: number) => string): YamlSource {
  const below = createSteps(document);
  return {
    // Refuses aliases of aliases that would grow without measure.
    value: document.toJS({ maxAliasCount: 100 }),
    place: (path) => {
      let offset = document.contents?.range?.[0] ?? 0;
      let node: unknown = document.contents;
      for (const key of path) {
        const step = below(node, key);
        if (step === undefined) break;
        offset = step.offset ?? offset;
        node = step.node;
      }
      return place(offset);
    },
    written: (path) => {
      const last = path.reduce<unknown>((node, key) => below(node, key)?.node, document.contents);
      const scalar = resolved(document, last);
      return isScalar(scalar) ? scalar.source : undefined;
    },
  };
}

interface Step {
  readonly node: unknown;
  readonly offset: number | undefined;
}

/** Steps from a node to what stands below a key of it; each map is searched once, for any number of steps. */
function createSteps(document: Document): (node: unknown, key: string | number) => Step | undefined {
  const known = new WeakMap<YAMLMap, ReadonlyMap<string, Step>>();
  return (node, key) => {
    const around = resolved(document, node);
    if (isSeq(around)) {
      const item = around.items[Number(key)];
      return { node: item, offset: isNode(item) ? item.range?.[0] : undefined };
    }
    if (!isMap(around)) return undefined;
    const steps = known.get(around) ?? stepsOf(around);
    known.set(around, steps);
    return steps.get(String(key));
  };
}

function stepsOf(map: YAMLMap): ReadonlyMap<string, Step> {
  const steps = new Map<string, Step>();
  for (const { key, value } of map.items) {
    if (isScalar(key)) steps.set(String(key.value), { node: value, offset: key.range?.[0] });
  }
  return steps;
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}
