import { linesOf, type Point, type Scale, type Series, summaryOf } from './scale.ts';

/** In units of the drawing. */
const size = { width: 640, height: 240, left: 76, right: 12, top: 10, bottom: 30 };

export interface PlotProps {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since the epoch. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly across: Scale;
  readonly up: Scale;
  /** Values with a line across the plot. */
  readonly ticks: readonly number[];
  /** A value with its unit. */
  text(value: number): string;
}

/** A plot, with its figures as a table for screen readers. Lines differ by colour, dashes and labels. */
export function Plot(props: PlotProps) {
  const { id, title, series, times } = props;
  const [from, to] = [times[0] ?? 0, times.at(-1) ?? 0];
  const label = `${title}, from ${clock(from)} to ${clock(to)}, ${series.length} lines; the table below has the figures`;
  return (
    <figure aria-labelledby={id}>
      <figcaption id={id}>{title}</figcaption>
      {series.length === 0 ? (
        <p>Nothing is known yet.</p>
      ) : (
        <>
          <svg class="plot" viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={label}>
            <Grid {...props} />
            {series.map((one, index) => (
              <Line one={one} index={index} {...props} />
            ))}
          </svg>
          <Figures {...props} />
        </>
      )}
    </figure>
  );
}

function place(x: number, y: number): Point {
  return {
    x: size.left + x * (size.width - size.left - size.right),
    y: size.height - size.bottom - y * (size.height - size.top - size.bottom),
  };
}

function Grid({ ticks, up, text, times }: PlotProps) {
  const [left, right] = [place(0, 0).x, place(1, 0).x];
  const bottom = size.height - 8;
  return (
    <g class="grid">
      {ticks.map((tick) => (
        <>
          <line x1={left} x2={right} y1={place(0, up(tick)).y} y2={place(0, up(tick)).y} />
          <text x={left - 6} y={place(0, up(tick)).y + 4} text-anchor="end">
            {text(tick)}
          </text>
        </>
      ))}
      <text x={left} y={bottom}>
        {clock(times[0] ?? 0)}
      </text>
      <text x={right} y={bottom} text-anchor="end">
        now
      </text>
    </g>
  );
}

function Line({
  one,
  index,
  times,
  across,
  up,
}: PlotProps & { readonly one: Series; readonly index: number }) {
  const lines = linesOf(one.values, (at, value) => place(across(times[at] ?? 0), up(value)));
  return (
    <g class={`series s${index % 6}`}>
      {lines.map((points) => {
        const [first] = points;
        return points.length === 1 && first ? (
          <circle cx={first.x} cy={first.y} r={3} />
        ) : (
          <polyline points={points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')} />
        );
      })}
    </g>
  );
}

/** The legend, too. */
function Figures({ title, series, text }: PlotProps) {
  const shown = (value: number | undefined) => (value === undefined ? '-' : text(value));
  return (
    <table class="figures">
      <caption class="unseen">{title}: the figures</caption>
      <thead>
        <tr>
          <th scope="col">Line</th>
          <th scope="col">Latest</th>
          <th scope="col">Lowest</th>
          <th scope="col">Highest</th>
        </tr>
      </thead>
      <tbody>
        {series.map((one, index) => {
          const { latest, lowest, highest } = summaryOf(one);
          return (
            <tr>
              <th scope="row">
                <svg class="key" viewBox="0 0 24 8" aria-hidden="true">
                  <g class={`series s${index % 6}`}>
                    <polyline points="0,4 24,4" />
                  </g>
                </svg>{' '}
                {one.name}
              </th>
              <td>{shown(latest)}</td>
              <td>{shown(lowest)}</td>
              <td>{shown(highest)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function clock(time: number): string {
  return new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
