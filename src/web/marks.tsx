import type { Mark } from '../cli/marks.ts';
import { printable } from '../core/printable.ts';
import { commandsIn } from './segments.ts';
import { Command, Words } from './words.tsx';

/** The shape and the word tell it too, not only the colour. */
const signs: Readonly<Record<Mark['level'], string>> = { failure: '✖', warning: '▲' };

export interface MarkButtonProps {
  readonly mark: Mark;
  /** The subject, for screen readers. */
  readonly subject: string;
  open(): void;
}

export function MarkButton({ mark, subject, open }: MarkButtonProps) {
  return (
    <button
      type="button"
      class={`mark ${mark.level}`}
      aria-haspopup="dialog"
      aria-label={`${subject}: ${mark.word}, ${mark.level}. Explain`}
      onClick={open}
    >
      <span aria-hidden="true">{signs[mark.level]}</span> {printable(mark.word)}
    </button>
  );
}

/** The meaning of a mark, and the commands that fix it. */
export function MarkText({ mark }: { readonly mark: Mark }) {
  const named = commandsIn(printable(mark.explanation));
  const commands =
    mark.command === undefined || named.includes(mark.command) ? named : [...named, mark.command];
  return (
    <div class={`explained ${mark.level}`}>
      <h3>
        <span aria-hidden="true">{signs[mark.level]}</span> {printable(mark.word)}
      </h3>
      <p>
        <Words text={mark.explanation} />
      </p>
      {commands.map((command) => (
        <Command text={command} />
      ))}
    </div>
  );
}
