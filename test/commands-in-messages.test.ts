import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

/*
 * The driver layer and the layers below it serve every front door, so their messages must not contain commands of a front
 * door. They name acts (core/way-out.ts), and options by name.
 */

const source = join(import.meta.dirname, '../src');
/** The table of commands that all front doors share. */
const tables = ['core/operator-words.ts'];

const commands: readonly RegExp[] = [
  /\b(?:docker|podman|nerdctl) (?:volume|run|plugin|compose|service|inspect|ps|rm|restart)\b/,
  /\bholdfast (?:volume|serve|recover|check|doctor|install|uninstall|mesos)\b/,
  /\bdvdcli\b/,
  // `lsblk -o` is a command of the host.
  /(?<!lsblk )(?<![\w-])-o (?:[\w$`]|$)/,
  /--(?:driver|volume-?driver|volumeopts|opt|option)\b/,
];

/** The strings in a program: literals, and the fixed parts of templates. Comments do not count. */
function textsIn(program: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && node.type === 'StringLiteral' && 'value' in node) found.push(String(node.value));
    if ('type' in node && node.type === 'TemplateElement' && 'raw' in node) found.push(String(node.raw));
    for (const inner of Object.values(node)) visit(inner);
  };
  visit(parseSync(program, { syntax: 'typescript', target: 'es2022' }));
  return found;
}

function commandsIn(program: string): readonly string[] {
  return textsIn(program).filter((text) => commands.some((command) => command.test(text)));
}

describe.each(['core', 'host', 'driver', 'backends'])('what %s says', (layer) => {
  const files = readdirSync(join(source, layer), { recursive: true, encoding: 'utf8' })
    .map((file) => `${layer}/${file}`)
    .filter((file) => file.endsWith('.ts') && !tables.includes(file));

  test('names no command of a front door', () => {
    expect(files.length).toBeGreaterThan(10);
    const found = files.flatMap((file) =>
      commandsIn(readFileSync(join(source, file), 'utf8')).map((text) => `${file}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});

const tick = '`';
test.each([
  `const way = ${tick}make it with \\${tick}docker volume create \${name}\\${tick}.${tick};`,
  "const way = 'run `holdfast volume undelete db`';",
  `const way = ${tick}give -o \${key}=\${value}${tick};`,
  "const way = 'or add `-o size=1GiB`';",
  "const way = 'choose one with --driver';",
  "const way = { why: 'run dvdcli as root' };",
])('the search can fail: %s', (program) => {
  expect(commandsIn(program)).not.toEqual([]);
});

test('comments and commands of the host are allowed', () => {
  expect(commandsIn('/** As `docker volume create -o x=1` does. */ const a = 1; // dvdcli')).toEqual([]);
  expect(commandsIn("const args = ['-o', options]; const way = 'look at `lsblk -o NAME,SERIAL`';")).toEqual(
    [],
  );
});
