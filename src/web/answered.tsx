import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Json } from '../core/json.ts';
import { printable } from '../core/printable.ts';
import type { Asked, Daemon } from './api.ts';
import { Words } from './words.tsx';

/** Asks once. Undefined until there is an answer. */
export function useOnce(daemon: Daemon, path: string): Asked | undefined {
  const [asked, keep] = useState<Asked>();
  useEffect(() => {
    const stopping = new AbortController();
    void daemon.ask(path, stopping.signal).then((answered) => {
      if (!stopping.signal.aborted) keep(answered);
    });
    return () => stopping.abort();
  }, [daemon, path]);
  return asked;
}

interface AnsweredProps {
  readonly asked: Asked | undefined;
  show(answer: Json): ComponentChild;
}

export function Answered({ asked, show }: AnsweredProps) {
  return (
    <div aria-live="polite">
      {asked === undefined ? <p>Asking…</p> : null}
      {asked?.kind === 'failed' ? (
        <p>
          No answer: <Words text={asked.reason} />
        </p>
      ) : null}
      {asked?.kind === 'refused' ? <p>The token is no longer the right one.</p> : null}
      {asked?.kind === 'told' ? show(asked.answer) : null}
    </div>
  );
}

/** Leaves out absent values. */
export function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl>
      {facts
        .filter(([, text]) => text !== '')
        .map(([name, text]) => (
          <div>
            <dt>{name}</dt>
            <dd>{printable(text)}</dd>
          </div>
        ))}
    </dl>
  );
}
