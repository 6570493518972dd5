import { type Json, listField, textField } from '../core/json.ts';
import { printable } from '../core/printable.ts';
import { Answered, Facts, useOnce } from './answered.tsx';
import type { Daemon } from './api.ts';
import type { DriverRow } from './drivers.tsx';
import { Command, Words } from './words.tsx';

/** What the storage of a driver reports, asked when the dialog opens. */
export function DriverDetails({ row, daemon }: { readonly row: DriverRow; readonly daemon: Daemon }) {
  const path = `/v1/diagnosis?driver=${encodeURIComponent(row.name)}`;
  return (
    <>
      {row.driver === undefined ? null : (
        <section aria-labelledby="storage">
          <h3 id="storage">What its storage says now</h3>
          <Answered asked={useOnce(daemon, path)} show={(answer) => <Findings answer={answer} />} />
        </section>
      )}
      <Facts
        facts={[
          ['Backend', textField(row.driver, 'backend')],
          ['Scope', textField(row.driver, 'scope')],
          ['Socket', textField(row.driver, 'socket')],
          ['Members', listField(row.driver, 'members').join(', ')],
        ]}
      />
      <Command text={`holdfast driver inspect ${row.name}`} />
    </>
  );
}

function Findings({ answer }: { readonly answer: Json }) {
  const findings = listField(answer, 'drivers').flatMap((driver) => listField(driver, 'findings'));
  if (findings.length === 0) return <p>It has no storage of its own: its members say.</p>;
  return (
    <ul class="findings">
      {findings.map((finding) => (
        <li>
          <strong>{printable(`${textField(finding, 'level')}: ${textField(finding, 'subject')}`)}</strong>{' '}
          <Words text={textField(finding, 'evidence')} />
          {textField(finding, 'mend') === '' ? null : (
            <p class="mend">
              <strong>What mends it:</strong> <Words text={textField(finding, 'mend')} />
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
