import { type Json, listField, textField } from '../core/json.ts';
import { printable } from '../core/printable.ts';
import { Plot } from './plot.tsx';
import { decades, linear, logarithmic, type Series } from './scale.ts';

/** The number of lines that a reader can tell apart in one plot. */
const mostLines = 6;

/** Plots of how fast calls were and how full volumes are, from `/v1/history`. */
export function Day({ history }: { readonly history: Json }) {
  const times = listField(history, 'times').map((time) => Date.parse(String(time)));
  const across = linear(times[0] ?? 0, times.at(-1) ?? 1);
  const latency = latencySeries(history);
  const ticks = decades(latency);
  return (
    <section aria-labelledby="day">
      <h2 id="day">The last day</h2>
      <div class="plots">
        <Plot
          id="latency"
          title="Time that 95 of 100 calls took at most"
          times={times}
          series={latency}
          across={across}
          up={logarithmic(ticks[0] ?? 1, ticks.at(-1) ?? 10)}
          ticks={ticks}
          text={duration}
        />
        <Plot
          id="fullness"
          title="How full the fullest volumes are"
          times={times}
          series={fullnessSeries(history)}
          across={across}
          up={linear(0, 100)}
          ticks={[0, 50, 80, 100]}
          text={(percent) => `${Math.round(percent)}%`}
        />
      </div>
    </section>
  );
}

/** The most frequent verbs. A verb without calls has no line. */
function latencySeries(history: Json): readonly Series[] {
  return listField(history, 'latency')
    .map((verb) => ({
      name: printable(textField(verb, 'verb')),
      values: figures(verb, 'p95'),
      calls: figures(verb, 'count').reduce<number>((sum, count) => sum + (count ?? 0), 0),
    }))
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.calls - a.calls)
    .slice(0, mostLines)
    .map(({ name, values, calls }) => ({
      name: `${name} (${calls === 1 ? '1 call' : `${calls} calls`})`,
      values,
    }));
}

function fullnessSeries(history: Json): readonly Series[] {
  return listField(history, 'fullness')
    .slice(0, mostLines)
    .map((one) => ({ name: printable(nameOf(one)), values: figures(one, 'percent') }));
}

function nameOf(one: Json): string {
  const driver = textField(one, 'driver');
  const volume = textField(one, 'volume');
  if (volume !== '') return `${driver}/${volume}`;
  const place = textField(one, 'place');
  return `${driver}: the ${textField(one, 'of')}${place === '' ? '' : ` ${place}`}`;
}

function figures(value: Json, key: string): readonly (number | null)[] {
  return listField(value, key).map((figure) => (typeof figure === 'number' ? figure : null));
}

function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${Number((milliseconds / 1000).toPrecision(2))} s`;
  return `${Number(milliseconds.toPrecision(2))} ms`;
}
