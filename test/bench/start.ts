import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHoldfast, unpackTarball } from './holdfast.ts';
import { median } from './measure.ts';
import { emptyHandler, type ServerProcess, startServer } from './server-process.ts';
import type { Workshop } from './workshop.ts';

const rounds = 11;

/** Measures from exec to the first answer, without volumes: as built and as packed, in turns. */
export async function benchStart({ report, folder, memory }: Workshop): Promise<void> {
  const packed = unpackTarball(join(folder, 'tarball'));
  const path = join(folder, 'floor.sock');
  const starts = new Map<string, () => Promise<ServerProcess>>([
    ['empty `node:http` handler', () => startServer(['-e', emptyHandler, path], path)],
    ['`npm start`, built', () => startHoldfast(join(folder, 'built'), memory)],
    ['from the tarball', () => startHoldfast(join(folder, 'packed'), memory, undefined, packed)],
  ]);
  for (const [program, name] of [
    [join(process.cwd(), 'dist/main.js'), '`npm start`, built'],
    [packed, 'from the tarball'],
  ] as const) {
    const server = await starts.get(name)?.();
    await codeKept(dirname(program));
    await server?.stop();
  }
  const times = new Map<string, number[]>();
  const work = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, start] of starts) {
      const server = await start();
      await server.stop();
      times.set(name, [...(times.get(name) ?? []), server.firstAnswer]);
      work.set(name, [...(work.get(name) ?? []), server.firstAnswerWork]);
    }
  }
  report.line('\n### From exec to the first answer, built and packed\n');
  report.line('| what | median | ratio | processor time | ratio | resident, idle |');
  report.line('|---|---|---|---|---|---|');
  const resident = await residentMemory([...starts.values()]);
  for (const [index, name] of [...starts.keys()].entries())
    report.line(
      `| ${name} | ${beside(times, name)} | ${beside(work, name)} | ${resident[index]?.toFixed(0)} MB |`,
    );
}

/** The median, and the median of each round's ratio to the floor, which is the first. */
function beside(all: ReadonlyMap<string, readonly number[]>, name: string): string {
  const [floor = []] = all.values();
  const taken = all.get(name) ?? [];
  const ratio = median(taken.map((time, round) => time / (floor[round] ?? Number.NaN)));
  return `${median(taken).toFixed(0)} ms | ${taken === floor ? '1 (floor)' : `${ratio.toFixed(2)} ×`}`;
}

/** A daemon keeps the code that its first start compiled. */
async function codeKept(folder: string): Promise<void> {
  while (!readdirSync(folder).some((name) => name.endsWith('.start'))) await sleep(100);
}

async function residentMemory(starts: readonly (() => Promise<ServerProcess>)[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const start of starts) {
    const server = await start();
    await sleep(3000);
    found.push(server.memory());
    await server.stop();
  }
  return found;
}
