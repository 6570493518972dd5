import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { startOffset: number; count: number }[] }[];
  }[];
}

/**
 * The packages of which a function ran in the program built at `dist`, by what V8 wrote to `folder`, the process's NODE_V8_COVERAGE,
 * and by the bundle's source maps.
 */
export function loadedPackages(folder: string, dist: string): readonly string[] {
  const names = new Set<string>();
  for (const report of readdirSync(folder).filter((name) => name.startsWith('coverage-'))) {
    const { result }: Coverage = JSON.parse(readFileSync(join(folder, report), 'utf8'));
    for (const { url, functions } of result) {
      const file = url.replace('file://', '');
      if (!file.startsWith(`${dist}/`) || !existsSync(`${file}.map`)) continue;
      const ran = functions.flatMap(({ ranges: [first] }) =>
        first && first.count > 0 ? first.startOffset : [],
      );
      for (const source of sourcesAt(file, ran)) {
        const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1];
        if (name !== undefined) names.add(name);
      }
    }
  }
  return [...names].sort();
}

function sourcesAt(file: string, offsets: readonly number[]): readonly string[] {
  const text = readFileSync(file, 'latin1');
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  return offsets.map((offset) => {
    const before = text.slice(0, offset).split('\n');
    const found = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0);
    return 'originalSource' in found ? (found.originalSource ?? '') : '';
  });
}
