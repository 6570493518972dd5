import { judge } from './judge.ts';
import { readResults } from './results.ts';

/** `npm run bench -- compare A B`: what changed from one run to another. */
export function compareRuns(
  [before = '', after = '']: readonly string[],
  print: (line: string) => void,
): void {
  print('| what | before | after | change | |');
  print('|---|---|---|---|---|');
  for (const { table, name, ...each } of judge(readResults(before), readResults(after))) {
    const figures = [each.before, each.after].map((ratio) => ratio.toPrecision(3));
    const change = `${(each.after / each.before).toFixed(2)} ×`;
    print(`| ${[`${table}: ${name}`, ...figures, change, each.verdict].join(' | ')} |`);
  }
}
