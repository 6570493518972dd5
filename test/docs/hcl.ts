/** A block of HCL, limited to what job files need: attributes with strings, numbers, booleans and lists of strings, and blocks. */
export interface Block {
  /** `job "db"` */
  readonly title: string;
  readonly attributes: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  readonly blocks: readonly Block[];
}

/** Throws with the line that is invalid, or that is an unmatched bracket. */
export function parseHcl(text: string): Block {
  const lines = text.split('\n').map((line) => line.trim());
  const relevant = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const { block, next } = readBlock(relevant, 0, '');
  if (next !== relevant.length) throw new Error(`A "}" closes nothing, before: ${relevant[next + 1]}`);
  return block;
}

/** The block at this path of titles; throws if it does not exist. */
export function blockAt(block: Block, ...titles: readonly string[]): Block {
  const [first, ...rest] = titles;
  if (first === undefined) return block;
  const inner = block.blocks.find(({ title }) => title === first);
  if (!inner) throw new Error(`"${block.title}" has no block ${first}.`);
  return blockAt(inner, ...rest);
}

function readBlock(lines: readonly string[], from: number, title: string) {
  const attributes: Record<string, string | number | boolean | readonly string[]> = {};
  const blocks: Block[] = [];
  let next = from;
  while (next < lines.length && lines[next] !== '}') {
    const line = lines[next] ?? '';
    const opening = /^(\w+(?: "[\w-]+")*) \{$/.exec(line);
    const attribute = /^(\w+|"[^"]+") += (.+)$/.exec(line);
    next += 1;
    if (opening) {
      const inner: { readonly block: Block; readonly next: number } = readBlock(
        lines,
        next,
        opening[1] ?? '',
      );
      if (lines[inner.next] !== '}') throw new Error(`Left open: ${line}`);
      blocks.push(inner.block);
      next = inner.next + 1;
    } else if (attribute)
      attributes[(attribute[1] ?? '').replaceAll('"', '')] = JSON.parse(attribute[2] ?? '');
    else throw new Error(`Not HCL as it is used here: ${line}`);
  }
  return { block: { title, attributes, blocks }, next };
}
