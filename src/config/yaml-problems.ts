import { type Document, isScalar, Lexer, Parser, visit, type YAMLError, type YAMLMap } from 'yaml';

/** A problem in a YAML document and its offset. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
}

/** Far deeper than any configuration; the composer recurses, and dies without an error when its stack is full. */
const deepestNesting = 100;
/** More than anybody writes by hand; resolving one searches the whole document. */
const mostAliases = 100;

/** To be asked before the text is composed. */
export function isNestedTooDeeply(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > deepestNesting) return true;
  }
  return false;
}

export function syntaxProblem(error: YAMLError): YamlProblem {
  return { offset: error.pos[0], message: syntaxMessage(error) };
}

function syntaxMessage(error: YAMLError): string {
  if (error.code === 'TAB_AS_INDENT') return 'a tab is used to indent: YAML takes only spaces';
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here ("---"): one is expected';
  return `this is not YAML: ${error.message}`;
}

/** Keys that stand twice (the library's own check takes minutes for a large map), and aliases that never end. */
export function structureProblems(document: Document): readonly YamlProblem[] {
  const problems: YamlProblem[] = [];
  let aliases = 0;
  visit(document, {
    Map: (_, map) => {
      problems.push(...keyProblems(map));
    },
    Alias: (_, alias, around) => {
      aliases += 1;
      const offset = alias.range?.[0] ?? 0;
      if (aliases > mostAliases) {
        problems.push({ offset, message: `more than ${mostAliases} aliases: write the values out` });
        return visit.BREAK;
      }
      const target = alias.resolve(document);
      if (target === undefined)
        problems.push({ offset, message: `no anchor &${alias.source} is defined above` });
      else if (around.includes(target)) problems.push({ offset, message: 'this alias contains itself' });
      return undefined;
    },
  });
  return problems;
}

function keyProblems(map: YAMLMap): readonly YamlProblem[] {
  const problems: YamlProblem[] = [];
  const seen = new Set<string>();
  for (const { key } of map.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const offset = key.range?.[0] ?? 0;
    if (name === '__proto__') problems.push({ offset, message: 'the key `__proto__` cannot be used' });
    if (seen.has(name)) {
      problems.push({ offset, message: `the key \`${name}\` occurs twice in the same map: keep one` });
    }
    seen.add(name);
  }
  return problems;
}
