import { useState } from 'preact/hooks';
import { MarkButton } from '../marks.tsx';
import { Meter } from '../meter.tsx';
import { type Order, type SortKey, type VolumeRow, windowOf } from './rows.ts';

/** In pixels, as page.css has it. */
const rowHeight = 48;
const viewHeight = 10 * rowHeight;

const columns: readonly { readonly key: SortKey; readonly title: string; readonly class: string }[] = [
  { key: 'name', title: 'Volume', class: 'volume' },
  { key: 'percent', title: 'Use', class: 'use' },
  { key: 'state', title: 'State', class: 'state' },
  { key: 'users', title: 'Users', class: 'users' },
];

interface ListProps {
  readonly rows: readonly VolumeRow[];
  readonly order: Order;
  sort(key: SortKey): void;
  open(row: VolumeRow): void;
}

/** Renders only the rows in view. */
export function VolumeList({ rows, order, sort, open }: ListProps) {
  const [top, setTop] = useState(0);
  const { first, end } = windowOf(rows.length, { top, height: viewHeight, row: rowHeight });
  return (
    <section
      class="scroll"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: A region that scrolls must be reached by keys.
      tabIndex={0}
      aria-label="List of volumes"
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <table class="volumes" aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ key, title, class: name }) => (
              <th scope="col" class={name} aria-sort={order.key === key ? order.direction : 'none'}>
                <button type="button" onClick={() => sort(key)}>
                  {title}
                  <span aria-hidden="true">{arrowOf(order, key)}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={first} />
          {rows.slice(first, end).map((row, index) => (
            <Volume key={row.key} row={row} index={first + index + 2} open={() => open(row)} />
          ))}
          <Space rows={rows.length - end} />
        </tbody>
      </table>
    </section>
  );
}

function arrowOf(order: Order, key: SortKey): string {
  if (order.key !== key) return '';
  return order.direction === 'ascending' ? ' ↑' : ' ↓';
}

/** A placeholder for the rows outside the view. */
function Space({ rows }: { readonly rows: number }) {
  if (rows <= 0) return null;
  return (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: It has nothing that takes the focus.
    <tr class="space" aria-hidden="true">
      <td colSpan={columns.length} style={{ height: `${rows * rowHeight}px` }} />
    </tr>
  );
}

function Volume({ row, index, open }: { readonly row: VolumeRow; readonly index: number; open(): void }) {
  const { name, driver, used, percent, state, users, marks } = row;
  return (
    <tr aria-rowindex={index}>
      <th scope="row" class="volume">
        <button type="button" class="name" aria-haspopup="dialog" onClick={open}>
          {name}
        </button>
        <small>{driver}</small>
      </th>
      <td class="use">
        {percent === undefined ? null : <Meter percent={percent} label={`${name} is ${percent}% full`} />}
        <small>{used}</small>
      </td>
      <td class="state">
        {marks.length === 0 ? state : null}
        {marks.slice(0, 2).map((mark) => (
          <MarkButton mark={mark} subject={`Volume ${name}`} open={open} />
        ))}
      </td>
      <td class="users">{users}</td>
    </tr>
  );
}
