import { writeFileSync } from 'node:fs';
import { type Row, readResults } from '../results/results.ts';
import { byConnections, byVolumes } from './bench.ts';
import { drawCurves } from './draw.ts';

/** `npm run bench -- plot FILE`: draws the curves of a run into docs/images. */
export function plotRun(file: string): void {
  const { rows } = readResults(file);
  const pictures = [
    [byVolumes, 'volumes', 'latency-volumes.svg'],
    [byConnections, 'connections', 'latency-connections.svg'],
  ] as const;
  for (const [table, unit, name] of pictures) {
    const own = rows.filter((row) => row.table === table);
    if (own.length === 0) throw new Error(`${file} has no ${table}: run \`npm run bench -- curves\`.`);
    writeFileSync(
      `docs/images/${name}`,
      drawCurves(curvesOf(own), `Latency (p50) by number of ${unit}`, unit),
    );
  }
}

/** Rows are named `Get, 1000`. */
function curvesOf(rows: readonly Row[]): ReadonlyMap<string, readonly (readonly [number, number])[]> {
  const curves = new Map<string, (readonly [number, number])[]>();
  for (const { name, p50 } of rows) {
    const comma = name.lastIndexOf(', ');
    const points = curves.get(name.slice(0, comma)) ?? [];
    points.push([Number(name.slice(comma + 2)), p50]);
    curves.set(name.slice(0, comma), points);
  }
  return curves;
}
