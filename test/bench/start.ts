import { join } from 'node:path';
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
    ['one file for each source (`npm start`)', () => startHoldfast(join(folder, 'built'), memory)],
    ['from the tarball', () => startHoldfast(join(folder, 'packed'), memory, undefined, packed)],
  ]);
  const times = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, start] of starts) {
      const server = await start();
      await server.stop();
      times.set(name, [...(times.get(name) ?? []), server.firstAnswer]);
    }
  }
  report.line('\n### From exec to the first answer, built and packed\n');
  report.line('| what | median | ratio |');
  report.line('|---|---|---|');
  const [floor = []] = times.values();
  for (const [name, taken] of times) {
    const ratio = median(taken.map((time, round) => time / (floor[round] ?? Number.NaN)));
    const shown = taken === floor ? '1 (floor)' : `${ratio.toFixed(2)} ×`;
    report.line(`| ${name} | ${median(taken).toFixed(0)} ms | ${shown} |`);
  }
}
