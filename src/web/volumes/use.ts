import { useRef, useState } from 'preact/hooks';
import { listField } from '../../core/json.ts';
import type { Daemon } from '../api.ts';
import type { Kept, Polling } from '../use-answer.ts';
import { usePolling } from '../use-polling.ts';
import { usersOf, type VolumeRow, volumeRows } from './rows.ts';

/** All volumes, with the users of those that are mounted here. Undefined until they are known. */
export function useVolumes(
  daemon: Daemon,
  { pause, onRefused }: Polling,
): Kept<readonly VolumeRow[] | undefined> {
  const [kept, keep] = useState<Kept<readonly VolumeRow[] | undefined>>({ answer: undefined });
  const users = useRef<ReadonlyMap<string, string>>(new Map());
  usePolling(daemon, pause, async (signal) => {
    const drain = await daemon.ask('/v1/drain', signal);
    if (drain.kind === 'told') users.current = usersOf(listField(drain.answer, 'volumes'));
    const rows: VolumeRow[] = [];
    const asked = await daemon.items('/v1/volumes', signal, (items) =>
      rows.push(...volumeRows(items, users.current)),
    );
    if (signal.aborted) return;
    if (asked.kind === 'refused') onRefused();
    if (asked.kind === 'failed') keep(({ answer }) => ({ answer, trouble: asked.reason }));
    if (asked.kind === 'all') keep({ answer: rows });
  });
  return kept;
}
