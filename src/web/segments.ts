/** A part of a sentence: plain words, or code between backticks. */
export interface Segment {
  readonly kind: 'words' | 'code';
  readonly text: string;
}

/** A backtick without a partner is kept as it is. */
export function segmentsOf(text: string): readonly Segment[] {
  const parts = text.split(/`([^`]+)`/);
  return parts.flatMap((part, index): readonly Segment[] =>
    part === '' ? [] : [{ kind: index % 2 === 0 ? 'words' : 'code', text: part }],
  );
}

/** The commands of `holdfast` that a sentence names. */
export function commandsIn(text: string): readonly string[] {
  return segmentsOf(text).flatMap((segment) =>
    segment.kind === 'code' && /^(sudo )?holdfast /.test(segment.text) ? [segment.text] : [],
  );
}
