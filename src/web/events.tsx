import { useState } from 'preact/hooks';
import { askerText, messageText } from '../cli/events/rows.ts';
import { type Json, listField, textField } from '../core/json.ts';
import { printable } from '../core/printable.ts';
import { Words } from './words.tsx';

/** Events that the page keeps. */
const mostEvents = 1000;
/** Events shown before somebody asks for more. */
const page = 50;

/** Oldest first, without duplicates of earlier answers. */
export function mergeEvents(before: Json, answer: Json): Json {
  const known = listField(before, 'events');
  const ids = new Set(known.map((event) => textField(event, 'id')));
  const news = listField(answer, 'events').filter((event) => !ids.has(textField(event, 'id')));
  return news.length === 0 && before !== undefined
    ? before
    : { events: [...known, ...news].slice(-mostEvents) };
}

/** Events since the newest one on the page, or of the last day. */
export function eventsPath(before: Json, now: number): string {
  const last = listField(before, 'events').at(-1);
  const after = last === undefined ? '' : `&after=${encodeURIComponent(textField(last, 'id'))}`;
  return `/v1/events?since=${new Date(now - 86_400_000).toISOString()}&last=${mostEvents}${after}`;
}

export function Events({ events }: { readonly events: readonly Json[] }) {
  const [shown, setShown] = useState(page);
  const [failed, setFailed] = useState(false);
  const wanted = events.filter((event) => !failed || textField(event, 'outcome') !== 'ok').toReversed();
  return (
    <section aria-labelledby="events">
      <h2 id="events">Events of the last day</h2>
      <div class="controls">
        <label>
          <input
            type="checkbox"
            checked={failed}
            onChange={({ currentTarget }) => setFailed(currentTarget.checked)}
          />{' '}
          Only failures
        </label>
        <span role="status">{wanted.length === 1 ? '1 event' : `${wanted.length} events`}</span>
      </div>
      <ol class="events" reversed>
        {wanted.slice(0, shown).map((event) => (
          <Event key={textField(event, 'id')} event={event} />
        ))}
      </ol>
      {wanted.length > shown ? (
        <button type="button" onClick={() => setShown(shown + page)}>
          Show {Math.min(page, wanted.length - shown)} more
        </button>
      ) : null}
    </section>
  );
}

function Event({ event }: { readonly event: Json }) {
  const outcome = textField(event, 'outcome');
  const time = textField(event, 'time');
  const about = [textField(event, 'driver'), textField(event, 'volume')].filter((word) => word !== '');
  return (
    <li class={outcome === 'ok' ? 'ok' : 'failure'}>
      <time dateTime={time}>{new Date(time).toLocaleString()}</time>{' '}
      <strong>{printable(textField(event, 'what'))}</strong> {printable(about.join('/'))}{' '}
      <span class="outcome">
        <span aria-hidden="true">{outcome === 'ok' ? '✔' : '✖'}</span> {printable(outcome)}
      </span>{' '}
      <span class="asker">by {printable(askerText(event))}</span>
      <p>
        <Words text={messageText(event)} />
      </p>
    </li>
  );
}
