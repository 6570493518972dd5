/** A helper's own words on one line, quoted, or "nothing". */
export function quotedOutput(output: string): string {
  const words = output.trim().replace(/\s+/g, ' ').slice(0, 400);
  return words === '' ? 'nothing' : `"${words}"`;
}
