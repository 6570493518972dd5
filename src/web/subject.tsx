import type { Mark } from '../cli/marks.ts';
import type { Daemon } from './api.ts';
import { Dialog } from './dialog.tsx';
import { DriverDetails } from './driver-details.tsx';
import type { DriverRow } from './drivers.tsx';
import { MarkText } from './marks.tsx';
import { VolumeDetails } from './volumes/details.tsx';
import type { VolumeRow } from './volumes/rows.ts';

/** What is explained. */
export type Subject =
  | { readonly kind: 'driver'; readonly row: DriverRow }
  | { readonly kind: 'volume'; readonly row: VolumeRow };

interface SubjectProps {
  readonly subject: Subject;
  readonly daemon: Daemon;
  close(): void;
}

export function SubjectDialog({ subject, daemon, close }: SubjectProps) {
  const { name, marks } = subject.row;
  return (
    <Dialog title={`${subject.kind === 'driver' ? 'Driver' : 'Volume'} ${name}`} close={close}>
      {marks.map((mark: Mark) => (
        <MarkText mark={mark} />
      ))}
      {subject.kind === 'driver' ? (
        <DriverDetails row={subject.row} daemon={daemon} />
      ) : (
        <VolumeDetails row={subject.row} daemon={daemon} />
      )}
    </Dialog>
  );
}
