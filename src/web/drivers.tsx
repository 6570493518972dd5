import { driverMarks, type Mark } from '../cli/marks.ts';
import { field, type Json, listField, numberField, textField } from '../core/json.ts';
import { printable } from '../core/printable.ts';
import { MarkButton } from './marks.tsx';

/** A configured driver, open or not. */
export interface DriverRow {
  readonly name: string;
  readonly marks: readonly Mark[];
  /** The answer of the API; undefined while the driver is not open. */
  readonly driver: Json;
}

/** `drivers`: those that are open, of `/v1/drivers`; `ready`: all, of `/health/ready`. */
export function driverRows(drivers: Json, ready: Json): readonly DriverRow[] {
  const open = new Map(listField(drivers, 'drivers').map((driver) => [textField(driver, 'name'), driver]));
  const health = new Map(listField(ready, 'drivers').map((one) => [textField(one, 'driver'), one]));
  return [...new Set([...health.keys(), ...open.keys()])].map((name) => ({
    name: printable(name),
    marks: driverMarks(open.get(name), health.get(name)),
    driver: open.get(name),
  }));
}

interface DriversProps {
  readonly rows: readonly DriverRow[];
  open(row: DriverRow): void;
}

export function Drivers({ rows, open }: DriversProps) {
  return (
    <section aria-labelledby="drivers">
      <h2 id="drivers">Drivers</h2>
      <table class="drivers">
        <thead>
          <tr>
            <th scope="col">Driver</th>
            <th scope="col" class="wide">
              Backend
            </th>
            <th scope="col">Volumes</th>
            <th scope="col">Mounted</th>
            <th scope="col">Health</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Driver key={row.name} row={row} open={() => open(row)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Driver({ row, open }: { readonly row: DriverRow; open(): void }) {
  const { name, marks, driver } = row;
  return (
    <tr>
      <th scope="row">
        <button type="button" class="name" aria-haspopup="dialog" onClick={open}>
          {name}
        </button>
      </th>
      <td class="wide">{printable(textField(driver, 'backend')) || 'unknown'}</td>
      <td>{numberField(driver, 'volumes') ?? 'unknown'}</td>
      <td>{numberField(driver, 'mounted') ?? 'unknown'}</td>
      <td>
        {marks.length === 0 ? healthText(driver) : null}
        {marks.map((mark) => (
          <MarkButton mark={mark} subject={`Driver ${name}`} open={open} />
        ))}
      </td>
    </tr>
  );
}

/** Shown without a mark. A driver without a server has no health. */
function healthText(driver: Json): string {
  const state = textField(field(driver, 'health'), 'state');
  return state === '' ? '✔ open' : `✔ server ${printable(state)}`;
}
