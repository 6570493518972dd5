/** Points of a curve: a number of things, and microseconds. */
export type Curves = ReadonlyMap<string, readonly (readonly [number, number])[]>;

const [width, height] = [680, 380];
const frame = { left: 70, right: 150, top: 44, bottom: 50 };
/** Readable on white and on black (WCAG contrast above 3 on both). */
const colours = ['#2f7ed8', '#d9541e', '#2a9d4a', '#a45bd6', '#a8780a'];

/** An SVG with both axes logarithmic. It has no background, and text in a grey that is readable on white and on black. */
export function drawCurves(curves: Curves, title: string, unit: string): string {
  const points = [...curves.values()].flat();
  const x = scale(
    points.map(([count]) => count),
    frame.left,
    width - frame.right,
  );
  const y = scale(
    points.map(([, time]) => time),
    height - frame.bottom,
    frame.top,
  );
  const lines = [...curves].map(([name, curve], index) =>
    drawCurve(
      name,
      curve.map(([count, time]) => [x.at(count), y.at(time)] as const),
      colours[index % colours.length] ?? '',
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="sans-serif" font-size="13" fill="#7a7a7a">`,
    `<text x="${frame.left}" y="22" font-size="15">${title}</text>`,
    ...x.ticks.map((tick) => axisMark(x.at(tick), 'below', tick.toLocaleString('en'))),
    ...y.ticks.map((tick) => axisMark(y.at(tick), 'left', timeOf(tick))),
    `<text x="${(frame.left + width - frame.right) / 2}" y="${height - 8}" text-anchor="middle">${unit}</text>`,
    ...spread(lines).map(({ path, name, colour, labelAt }) =>
      [
        `<polyline points="${path.map((point) => point.map(rounded).join(',')).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        `<text x="${width - frame.right + 8}" y="${rounded(labelAt + 4)}" fill="${colour}">${name}</text>`,
      ].join('\n'),
    ),
    '</svg>\n',
  ].join('\n');
}

interface Line {
  readonly name: string;
  readonly path: readonly (readonly [number, number])[];
  readonly colour: string;
  readonly labelAt: number;
}

function drawCurve(name: string, path: Line['path'], colour: string): Line {
  return { name, path, colour, labelAt: path.at(-1)?.[1] ?? 0 };
}

/** Labels are at the ends of their lines, at least a line of text apart. */
function spread(lines: readonly Line[]): readonly Line[] {
  let last = -Infinity;
  return [...lines]
    .sort((a, b) => a.labelAt - b.labelAt)
    .map((line) => {
      last = Math.max(line.labelAt, last + 16);
      return { ...line, labelAt: last };
    });
}

function scale(values: readonly number[], from: number, to: number) {
  const [low, high] = [
    Math.floor(Math.log10(Math.min(...values))),
    Math.ceil(Math.log10(Math.max(...values))),
  ];
  const ticks = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
  return { ticks, at: (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) };
}

function axisMark(at: number, where: 'below' | 'left', text: string): string {
  const line =
    where === 'below'
      ? `x1="${rounded(at)}" x2="${rounded(at)}" y1="${frame.top}" y2="${height - frame.bottom}"`
      : `x1="${frame.left}" x2="${width - frame.right}" y1="${rounded(at)}" y2="${rounded(at)}"`;
  const place =
    where === 'below'
      ? `x="${rounded(at)}" y="${height - frame.bottom + 18}" text-anchor="middle"`
      : `x="${frame.left - 8}" y="${rounded(at + 4)}" text-anchor="end"`;
  return `<line ${line} stroke="#7a7a7a" stroke-opacity="0.3"/>\n<text ${place}>${text}</text>`;
}

function timeOf(microseconds: number): string {
  if (microseconds < 1000) return `${microseconds} µs`;
  return microseconds < 1e6 ? `${microseconds / 1000} ms` : `${microseconds / 1e6} s`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
