import { useRef, useState } from 'preact/hooks';
import { printable } from '../core/printable.ts';
import { segmentsOf } from './segments.ts';

/** A sentence of the daemon. Commands are shown as code. */
export function Words({ text }: { readonly text: string }) {
  return (
    <>
      {segmentsOf(printable(text)).map(({ kind, text: part }) =>
        kind === 'code' ? <code>{part}</code> : part,
      )}
    </>
  );
}

/** A command, with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  const code = useRef<HTMLElement>(null);
  const [said, say] = useState('');
  const copy = async (): Promise<void> => say((await copied(text, code.current)) ? 'Copied' : 'Selected');
  return (
    <div class="command">
      <code ref={code}>{printable(text)}</code>
      <button type="button" onClick={copy} aria-label={`Copy ${printable(text)}`}>
        Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}

/** A browser lets a page write the clipboard only on this host or by TLS; otherwise the command is selected. */
async function copied(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown !== null) document.getSelection()?.selectAllChildren(shown);
    return false;
  }
}
