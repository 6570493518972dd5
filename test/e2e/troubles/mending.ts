import type { Examined } from '../../../src/doctor/examine.ts';

/** The commands that the doctor prints for these findings, each once. A line is one command, or a sentence with commands in backticks. */
export function commandsOf(findings: readonly Examined[]): readonly string[] {
  const lines = new Set(findings.flatMap(({ mend }) => mend ?? []));
  return [...lines].flatMap((line) => {
    const quoted = [...line.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command);
    return quoted.length === 0 ? [line] : quoted;
  });
}
