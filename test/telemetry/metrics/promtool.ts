import { spawnSync } from 'node:child_process';

/** The complaints of `promtool check metrics` about the text; empty if there are none. */
export function lint(text: string): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  if (error) throw error;
  return status === 0 ? stdout + stderr : `exit code ${status}: ${stdout}${stderr}`;
}

/** The values of a metric by its labels, as they are written: `{driver="gold"}`. */
export function valuesOf(text: string, metric: string): Readonly<Record<string, number>> {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(metric.length, at), Number(line.slice(at + 1))];
    }),
  );
}
