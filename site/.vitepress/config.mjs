// The documentation as a site: the Markdown of docs/ as it is, with search, and no file from elsewhere.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';

const project = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const docs = join(project, 'docs');
const { homepage, version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const repository = homepage.replace(/#.*$/, '');

/** The sections are the tables of docs/README.md, which a test keeps complete: links to pages, in their order. */
function sidebar() {
  // Each begins below the line of dashes of a table.
  const [, forUsers, forDevelopers] = readFileSync(join(docs, 'README.md'), 'utf8').split(/^\|[-|]+\|$/m);
  return [
    { text: 'Use it', items: pagesIn(forUsers) },
    { text: 'Work on it', items: pagesIn(forDevelopers) },
  ];
}

function pagesIn(markdown) {
  const links = [...markdown.matchAll(/\[([^\]]+)\]\(([\w/-]+)\.md\)/g)];
  const firsts = new Map(links.map(([, text, page]) => [page, text]).reverse());
  return [...firsts].reverse().map(([page, text]) => ({ text: titled(text), link: `/${page}` }));
}

function titled(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** Files of the repository that are no pages of the site are shown where the repository is; a missing one stays a dead link. */
function linkOutside(markdown) {
  const render =
    markdown.renderer.rules.link_open ??
    ((tokens, at, options, _, self) => self.renderToken(tokens, at, options));
  markdown.renderer.rules.link_open = (tokens, at, options, env, self) => {
    const href = tokens[at].attrGet('href') ?? '';
    const [path] = href.split('#');
    const file = join(docs, dirname(env.relativePath ?? ''), path);
    if (href.startsWith('.') && relative(docs, file).startsWith('..') && existsSync(file))
      tokens[at].attrSet('href', `${repository}/blob/main/${relative(project, file)}`);
    return render(tokens, at, options, env, self);
  };
}

/** VitePress takes `{{…}}` for an expression of Vue; in our pages it is always a Go template, shown as it is. */
function showBraces(markdown) {
  for (const rule of ['code_inline', 'text']) {
    const render = markdown.renderer.rules[rule];
    markdown.renderer.rules[rule] = (...parts) => render(...parts).replaceAll('{{', '&#123;&#123;');
  }
}

function readMarkdown(markdown) {
  linkOutside(markdown);
  showBraces(markdown);
}

export default defineConfig({
  title: 'Holdfast',
  description: 'Volumes that outlive containers and hosts',
  srcDir: '../docs',
  outDir: '../build/site',
  cacheDir: '../build/site-cache',
  rewrites: { 'README.md': 'index.md' },
  cleanUrls: true,
  lastUpdated: false,
  markdown: { config: readMarkdown },
  // The pages lie outside of this folder, and so would not find its packages.
  vite: {
    resolve: { alias: [{ find: /^vue(\/.*)?$/, replacement: join(project, 'site/node_modules/vue$1') }] },
  },
  themeConfig: {
    nav: [
      { text: 'Install', link: '/install' },
      { text: 'Reference', link: '/reference/configuration' },
      { text: version, link: `${repository}/blob/main/CHANGELOG.md` },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: repository }],
  },
});
