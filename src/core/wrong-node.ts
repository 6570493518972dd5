/** The oldest Node that Holdfast runs on, as `engines` of package.json has it. */
const oldest = [20, 19] as const;

/** What to do about a Node that is too old; undefined for others. Written for such a Node: it imports nothing. */
export function wrongNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return undefined;
  return `Holdfast needs Node ${oldest.join('.')} or newer; this is ${version}. See https://nodejs.org/en/download.`;
}
