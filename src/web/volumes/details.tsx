import { usageLines } from '../../cli/volume/usage-text.ts';
import { userText } from '../../cli/volume/user-text.ts';
import { field, type Json, listField, textField, textsField } from '../../core/json.ts';
import { printable } from '../../core/printable.ts';
import { Answered, Facts, useOnce } from '../answered.tsx';
import { type Daemon, volumePath } from '../api.ts';
import type { VolumeRow } from './rows.ts';

/** The users of a volume, asked when the dialog opens, and what the list knows about it. */
export function VolumeDetails({ row, daemon }: { readonly row: VolumeRow; readonly daemon: Daemon }) {
  const { volume } = row;
  const path = volumePath(textField(volume, 'driver'), textField(volume, 'name'));
  const health = field(volume, 'health');
  return (
    <>
      <section aria-labelledby="users">
        <h3 id="users">Used by</h3>
        <Answered asked={useOnce(daemon, `${path}/users`)} show={(answer) => <Users answer={answer} />} />
      </section>
      <Facts
        facts={[
          ['Driver', row.driver],
          ['State', row.state],
          ['Used', usageLines(volume, Date.now()).join('; ')],
          ['Mounted at', textField(volume, 'mountpoint')],
          [
            'Held by',
            listField(volume, 'holders')
              .map((holder) => textField(holder, 'id'))
              .join(', '),
          ],
          ['Options', pairs(volume, 'options')],
          ['Created', textField(volume, 'createdAt')],
          [
            'Server',
            health === undefined ? '' : `${textField(health, 'server')}: ${textField(health, 'state')}`,
          ],
          ['Last seen', pairs(volume, 'details')],
        ]}
      />
    </>
  );
}

function pairs(value: Json, key: string): string {
  return textsField(value, key)
    .map(([name, text]) => `${name}=${text}`)
    .join(', ');
}

function Users({ answer }: { readonly answer: Json }) {
  const users = listField(answer, 'usedBy').map(userText);
  const told = [...users, ...listField(answer, 'notes').map(String)];
  if (told.length === 0) return <p>Nobody.</p>;
  return (
    <ul>
      {told.map((text) => (
        <li>{printable(text)}</li>
      ))}
    </ul>
  );
}
