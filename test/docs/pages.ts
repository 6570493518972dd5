import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A Markdown page of the project. */
export interface Page {
  /** "docs/backends/local.md" */
  readonly path: string;
  readonly text: string;
}

export interface Fence {
  /** "sh", "yaml" … */
  readonly language: string;
  readonly text: string;
  /** "docs/backends/local.md:17", for messages. */
  readonly place: string;
}

export interface Heading {
  readonly level: number;
  readonly title: string;
  /** In GitHub's format. */
  readonly anchor: string;
}

export const project = join(import.meta.dirname, '../..');

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(project, path), 'utf8') };
}

/** Pages outside of docs/. */
const atTheTop = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CODE_OF_CONDUCT.md',
  'test/README.md',
];

export function allPages(): readonly Page[] {
  const below = readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' });
  const docs = below.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`);
  return [...atTheTop, ...docs.sort()].map(readPage);
}

/** The code blocks of a page. */
export function fencesOf({ path, text }: Page): readonly Fence[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
  }));
}

/** The page without its code blocks. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```\w*\n.*?^```$/gms, '');
}

export function headingsOf(page: Page): readonly Heading[] {
  return [...proseOf(page).matchAll(/^(#+) (.+)$/gm)].map((match) => {
    const title = match[2] ?? '';
    return { level: match[1]?.length ?? 0, title, anchor: anchorOf(title) };
  });
}

/** The text below a heading, up to the next one of the same or a higher level. */
export function sectionOf(page: Page, title: string): string {
  // A comment in a code block is not a heading.
  const masked = page.text.replace(/^```\w*\n.*?^```$/gms, (fence) => fence.replace(/[^\n]/g, ' '));
  const start = new RegExp(`^(#+) ${title}$`, 'm').exec(masked);
  if (!start) throw new Error(`${page.path} has no heading "${title}".`);
  const from = start.index + start[0].length;
  const end = new RegExp(`^#{1,${start[1]?.length}} `, 'm').exec(masked.slice(from));
  return page.text.slice(from, end === null ? undefined : from + end.index);
}

/** The cells of the tables in a text, without header rows; cells that are only code lose their backticks. */
export function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const isRule = (line: string | undefined) => line !== undefined && /^\|[-|]+\|$/.test(line);
  return lines
    .filter((line, index) => !isRule(line) && !isRule(lines[index + 1]))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
    );
}

/** The first cells. */
export function firstCellsOf(text: string): readonly string[] {
  return rowsOf(text).map(([first = '']) => first);
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');
}
