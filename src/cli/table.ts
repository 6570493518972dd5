import stringWidth from 'string-width';
import { printable } from '../core/printable.ts';

/** Spaces between two columns. */
const gap = 2;
/** Minimum width of a truncated column; figures are shorter. */
const narrowest = 8;

/**
 * Aligned columns, two spaces apart; the last one is not padded. Line breaks in cells are escaped. If rows are longer than
 * `columns`, the terminal's width, the widest columns are truncated. Absent: nothing is truncated.
 */
export function table(cells: readonly (readonly string[])[], columns?: number): string {
  const rows = cells.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell));
    });
  }
  const fitted = columns === undefined ? widths : narrowed(widths, columns);
  return rows
    .map((row) =>
      row
        .map((cell, column) => padded(cell, fitted[column] ?? 0))
        .join(' '.repeat(gap))
        .trimEnd(),
    )
    .join('\n');
}

/** Truncates the widest columns first. */
function narrowed(widths: readonly number[], columns: number): readonly number[] {
  const fitted = [...widths];
  const room = columns - gap * (widths.length - 1);
  for (let excess = fitted.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    const widest = Math.max(...fitted);
    if (widest <= narrowest) break;
    fitted[fitted.lastIndexOf(widest)] = widest - 1;
  }
  return fitted;
}

function padded(cell: string, width: number): string {
  const own = stringWidth(cell);
  return own <= width ? cell + ' '.repeat(width - own) : cut(cell, width);
}

/** Never cuts within a grapheme cluster. */
function cut(cell: string, width: number): string {
  let kept = '';
  for (const { segment } of new Intl.Segmenter().segment(cell)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…${' '.repeat(Math.max(0, width - 1 - stringWidth(kept)))}`;
}
