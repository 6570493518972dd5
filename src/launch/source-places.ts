import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** Stack traces name source files in place of the bundled ones. A map is read by the first stack that needs it. */
export function nameSources(folder: string): void {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string) => {
    if (!maps.has(file)) maps.set(file, readMap(`${file}.map`));
    return maps.get(file);
  };
  Error.prepareStackTrace = (error, sites) => {
    const lines = sites.map((site) => {
      const file = site.getFileName() ?? '';
      return file.startsWith(folder) ? inSource(site, file, mapOf(file)) : `${site}`;
    });
    return [headOf(error), ...lines].join('\n    at ');
  };
}

function inSource(site: NodeJS.CallSite, file: string, map: SourceMap | undefined): string {
  const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0];
  const found = map?.findEntry(line - 1, column - 1);
  if (found === undefined || !('originalSource' in found) || found.originalSource === undefined)
    return `${site}`;
  const place = `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  return `${site}`.replace(`${file}:${line}:${column}`, () => place);
}

/** As V8 writes it. */
function headOf(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'an error without a text';
  }
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
