import type { DriverRow } from './drivers.tsx';
import { MarkButton } from './marks.tsx';
import type { Subject } from './subject.tsx';
import type { VolumeRow } from './volumes/rows.ts';

interface AttentionProps {
  readonly drivers: readonly DriverRow[];
  readonly volumes: readonly VolumeRow[];
  open(subject: Subject): void;
}

/** The number of marks shown here; the lists show all of them. */
const most = 12;

/** Everything with a mark, drivers first. One click on a mark leads to its remedy. */
export function Attention({ drivers, volumes, open }: AttentionProps) {
  const subjects: readonly Subject[] = [
    ...drivers.map((row) => ({ kind: 'driver', row }) as const),
    ...volumes.map((row) => ({ kind: 'volume', row }) as const),
  ].filter(({ row }) => row.marks.length > 0);
  const worst = [...subjects].sort((a, b) => rank(a) - rank(b));
  const failures = subjects.filter((subject) => rank(subject) === 0).length;
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">What needs you</h2>
      <p role="status">{told(failures, subjects.length - failures)}</p>
      <ul class="attention">
        {worst.slice(0, most).map((subject) => {
          const [mark] = subject.row.marks;
          const name = `${subject.kind === 'driver' ? 'Driver' : 'Volume'} ${subject.row.name}`;
          return mark === undefined ? null : (
            <li>
              {name} <MarkButton mark={mark} subject={name} open={() => open(subject)} />
            </li>
          );
        })}
      </ul>
      {worst.length > most ? <p>And {worst.length - most} more, in the lists below.</p> : null}
    </section>
  );
}

function rank({ row }: Subject): number {
  return row.marks[0]?.level === 'failure' ? 0 : 1;
}

function told(failures: number, warnings: number): string {
  if (failures + warnings === 0) return 'Nothing: all is well.';
  const parts = [counted(failures, 'failure'), counted(warnings, 'warning')];
  return `${parts.filter((part) => part !== '').join(' and ')}.`;
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}${count === 1 ? '' : 's'}`;
}
