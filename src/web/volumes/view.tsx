import { useMemo, useState } from 'preact/hooks';
import { VolumeList } from './list.tsx';
import { filteredRows, type Order, type SortKey, sortedRows, type VolumeRow } from './rows.ts';

interface VolumesProps {
  readonly rows: readonly VolumeRow[];
  readonly isKnown: boolean;
  open(row: VolumeRow): void;
}

export function Volumes({ rows, isKnown, open }: VolumesProps) {
  const [text, setText] = useState('');
  const [marked, setMarked] = useState(false);
  const [order, setOrder] = useState<Order>({ key: 'name', direction: 'ascending' });
  const sorted = useMemo(() => sortedRows(rows, order), [rows, order]);
  const wanted = useMemo(() => filteredRows(sorted, { text, marked }), [sorted, text, marked]);
  const told = isKnown ? `${wanted.length} of ${rows.length} volumes` : 'Asking…';
  return (
    <section aria-labelledby="volumes">
      <h2 id="volumes">Volumes</h2>
      <div class="controls">
        <label>
          Filter{' '}
          <input
            type="search"
            value={text}
            placeholder="name, driver, state, user"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <label>
          <input
            type="checkbox"
            checked={marked}
            onChange={({ currentTarget }) => setMarked(currentTarget.checked)}
          />{' '}
          Only marked ones
        </label>
        <span role="status">{told}</span>
      </div>
      <VolumeList
        rows={wanted}
        order={order}
        sort={(key) => setOrder((before) => orderAfter(before, key))}
        open={open}
      />
    </section>
  );
}

/** A click on a column of figures sorts the largest first. */
function orderAfter({ key, direction }: Order, chosen: SortKey): Order {
  if (key === chosen) return { key, direction: direction === 'ascending' ? 'descending' : 'ascending' };
  return { key: chosen, direction: chosen === 'percent' ? 'descending' : 'ascending' };
}
