import { useMemo, useState } from 'preact/hooks';
import { type Json, listField, textField } from '../core/json.ts';
import type { Daemon } from './api.ts';
import { Attention } from './attention.tsx';
import { Day } from './day.tsx';
import { Drivers, driverRows } from './drivers.tsx';
import { Events, eventsPath, mergeEvents } from './events.tsx';
import { type Subject, SubjectDialog } from './subject.tsx';
import { ThemeButton } from './theme.tsx';
import { useAnswer, whole } from './use-answer.ts';
import type { VolumeRow } from './volumes/rows.ts';
import { useVolumes } from './volumes/use.ts';
import { Volumes } from './volumes/view.tsx';

/** Always the same empty list, so that nothing is rendered again. */
const none: readonly VolumeRow[] = [];

interface OverviewProps {
  readonly daemon: Daemon;
  leave(trouble: string): void;
}

/** Milliseconds between two requests. */
const pauses = { soon: 5_000, later: 20_000 };
const eventsQuestion = { pathOf: (before: Json) => eventsPath(before, Date.now()), merge: mergeEvents };

function useEverything({ daemon, leave }: OverviewProps) {
  const onRefused = (): void => leave('The daemon refused the token.');
  const soon = { pause: pauses.soon, onRefused };
  const later = { pause: pauses.later, onRefused };
  return {
    version: useAnswer(daemon, whole('/v1/version'), later),
    ready: useAnswer(daemon, whole('/health/ready'), soon),
    drivers: useAnswer(daemon, whole('/v1/drivers'), soon),
    volumes: useVolumes(daemon, soon),
    history: useAnswer(daemon, whole('/v1/history'), later),
    events: useAnswer(daemon, eventsQuestion, soon),
  };
}

export function Overview({ daemon, leave }: OverviewProps) {
  const { version, ready, drivers, volumes, history, events } = useEverything({ daemon, leave });
  const [subject, setSubject] = useState<Subject>();
  const driverList = useMemo(() => driverRows(drivers.answer, ready.answer), [drivers.answer, ready.answer]);
  const volumeList = volumes.answer ?? none;
  const troubles = [drivers, volumes, history, events].map(({ trouble }) => trouble);
  const trouble = troubles.find((reason) => reason !== undefined);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the drivers
      </a>
      <header class="top">
        <h1>
          Holdfast <small>{textField(version.answer, 'version')}</small>
        </h1>
        <ThemeButton />
        <button type="button" class="quiet" onClick={() => leave('')}>
          Sign out
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {trouble === undefined ? null : (
          <p role="alert">What is shown may be outdated, as the daemon did not answer: {trouble}</p>
        )}
        <Attention drivers={driverList} volumes={volumeList} open={setSubject} />
        <Drivers rows={driverList} open={(row) => setSubject({ kind: 'driver', row })} />
        <Volumes
          rows={volumeList}
          isKnown={volumes.answer !== undefined}
          open={(row) => setSubject({ kind: 'volume', row })}
        />
        <Day history={history.answer} />
        <Events events={listField(events.answer, 'events')} />
      </main>
      {subject === undefined ? null : (
        <SubjectDialog subject={subject} daemon={daemon} close={() => setSubject(undefined)} />
      )}
    </>
  );
}
