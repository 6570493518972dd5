import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** What one run measured, as kept in a file. Times are in microseconds. */
const rowSchema = z.object({
  table: z.string(),
  name: z.string(),
  p50: z.number(),
  p95: z.number(),
  /** For each round, its p50 divided by the floor's. */
  ratios: z.array(z.number()),
});
const resultsSchema = z.object({ node: z.string(), rows: z.array(rowSchema) });

export type Row = z.infer<typeof rowSchema>;
export type Results = z.infer<typeof resultsSchema>;

export function writeResults(file: string, rows: readonly Row[]): void {
  mkdirSync(dirname(file), { recursive: true });
  const results: Results = { node: process.version, rows: [...rows] };
  writeFileSync(file, `${JSON.stringify(results, null, 1)}\n`);
}

export function readResults(file: string): Results {
  return resultsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
