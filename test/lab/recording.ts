/** A command and its output. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

const columns = 96;
const [charWidth, lineHeight, margin, bar] = [8.4, 20, 18, 34];
/** Seconds. */
const [typing, pause, ending] = [0.9, 0.7, 4];

/** An SVG of a terminal in which the commands appear one after the other, in a loop and without scripts. */
export function recordingOf(shown: readonly Shown[]): string {
  const steps = shown.map(({ command, output }) => [
    { kind: 'prompt', text: command },
    ...wrapped(output).map((text) => ({ kind: 'output', text })),
  ]);
  const total = steps.length * (typing + pause) + ending;
  const lines = steps.flatMap((step, index) =>
    step.map((line) => ({ ...line, at: startOf(line.kind, index) })),
  );
  const height = bar + lines.length * lineHeight + 2 * margin;
  const width = Math.ceil(columns * charWidth + 2 * margin);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(shown.map(({ command }) => command).join('; '))}">`,
    `<style>${styles(lines, total)}</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#101418"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (colour, index) => `<circle cx="${20 + index * 20}" cy="18" r="6" fill="${colour}"/>`,
    ),
    ...lines.map(textOf),
    '</svg>',
    '',
  ].join('\n');
}

interface Line {
  readonly kind: string;
  readonly text: string;
  /** Seconds from the beginning. */
  readonly at: number;
}

function startOf(kind: string, step: number): number {
  return step * (typing + pause) + (kind === 'prompt' ? 0 : typing);
}

/** Each line appears at its time and stays until the loop ends; with reduced motion, all lines are visible. */
function styles(lines: readonly Line[], total: number): string {
  const times = [...new Set(lines.map(({ at }) => at))];
  const frames = times.map((at) => {
    const percent = ((at / total) * 100).toFixed(2);
    return `@keyframes k${nameOf(at)}{0%,${percent}%{opacity:0}${(Number(percent) + 0.01).toFixed(2)}%,100%{opacity:1}}.t${nameOf(at)}{animation:k${nameOf(at)} ${total}s infinite}`;
  });
  return `text{font:14px ui-monospace,Menlo,Consolas,monospace;white-space:pre;fill:#c9d1d9}.p{fill:#7ee787}@media(prefers-reduced-motion:no-preference){${frames.join('')}}`;
}

function textOf({ kind, text, at }: Line, index: number): string {
  const place = `class="t${nameOf(at)}" x="${margin}" y="${bar + margin + index * lineHeight}"`;
  if (kind !== 'prompt') return `<text ${place}>${escaped(text)}</text>`;
  return `<text ${place}><tspan class="p">$ </tspan>${escaped(text)}</text>`;
}

function nameOf(at: number): string {
  return String(Math.round(at * 10));
}

function wrapped(output: string): readonly string[] {
  if (output === '') return [];
  return output.split('\n').flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
