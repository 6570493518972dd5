/**
 * The format of what is written to state files and records. It is increased by a version whose files an older one would
 * misunderstand; all older formats stay readable. Files without a number are of the first.
 */
export const currentFormat = 1;

/** Why this version must not use it, in words; undefined if it can. */
export function newerFormat(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || !('format' in json)) return undefined;
  const { format } = json;
  if (typeof format !== 'number' || !Number.isInteger(format) || format <= currentFormat) return undefined;
  return `a newer Holdfast wrote it, in format ${format}, and this one knows ${currentFormat}: upgrade Holdfast on this host`;
}

/** The same for a file's text. A damaged one says nothing: what it stands beside has checksums of its own. */
export function newerFormatIn(text: string | undefined): string | undefined {
  try {
    return newerFormat(JSON.parse(text ?? '{}'));
  } catch {
    return undefined;
  }
}

/** The file in a driver's state directory that has the format of all others there. */
export const formatFile = 'format.json';
