import type { Json } from '../../../core/json.ts';
import { quote } from '../../../core/names.ts';
import { nearest } from '../../../core/nearest.ts';
import { printable } from '../../../core/printable.ts';
import { shownJson } from '../../../core/shown.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type FieldName, fieldNames, fieldText } from './fields.ts';

/** `json`, a Go template of fields, or `table` and a template: the subset of Docker's `--format` with fields only. */
export type Format =
  | { readonly kind: 'json' }
  | { readonly kind: 'lines'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'table'; readonly columns: readonly (readonly Piece[])[] };

type Piece =
  | { readonly literal: string }
  | { readonly field: FieldName; readonly as: 'text' | 'json' }
  | { readonly whole: 'json' };

/** Throws `invalid` with the nearest field. */
export function parseFormat(written: string): Format {
  const text = written.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  if (text.trim() === 'json') return { kind: 'json' };
  if (!/^table(\s|$)/.test(text)) return { kind: 'lines', pieces: parsePieces(text) };
  const template = text.replace(/^table\s*/, '');
  if (template === '') return { kind: 'table', columns: [] };
  return { kind: 'table', columns: template.split('\t').map(parsePieces) };
}

/** One line per volume; tabs of the template are kept. */
export function formatLines(format: Exclude<Format, { kind: 'table' }>, volumes: readonly Json[]): string {
  if (format.kind === 'json') return volumes.map((volume) => shownJson(asObject(volume))).join('\n');
  return volumes.map((volume) => cellOf(format.pieces, volume)).join('\n');
}

/** The header, then a row for each volume. */
export function formatRows(
  columns: readonly (readonly Piece[])[],
  volumes: readonly Json[],
): readonly (readonly string[])[] {
  return [columns.map(headOf), ...volumes.map((volume) => columns.map((pieces) => cellOf(pieces, volume)))];
}

function asObject(volume: Json): object {
  return Object.fromEntries(fieldNames.map((name) => [name, fieldText(volume, name)]));
}

function cellOf(pieces: readonly Piece[], volume: Json): string {
  return pieces
    .map((piece) => {
      if ('literal' in piece) return piece.literal;
      if ('whole' in piece) return shownJson(asObject(volume));
      const text = fieldText(volume, piece.field);
      return piece.as === 'json' ? shownJson(text) : printable(text);
    })
    .join('');
}

/** "USED PERCENT" for `UsedPercent`. */
function headOf(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => ('literal' in piece ? piece.literal : 'whole' in piece ? 'JSON' : headingOf(piece.field)))
    .join('');
}

function headingOf(name: FieldName): string {
  return name.replace(/([a-z])([A-Z])/g, '$1 $2').toUpperCase();
}

function parsePieces(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(/\{\{-?\s*(.*?)\s*-?\}\}/g)) {
    if (match.index > at) pieces.push(literal(text.slice(at, match.index)));
    pieces.push(parseAction(match[1] ?? ''));
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push(literal(text.slice(at)));
  return pieces;
}

/** The user's text, with control characters escaped. */
function literal(text: string): Piece {
  if (/\{\{|\}\}/.test(text))
    throw new VolumeError(
      'invalid',
      `The format ${quote(text)} has unclosed braces: write, for example, {{.Name}}.`,
    );
  return {
    literal: text
      .split('\t')
      .map((part) => part.split('\n').map(printable).join('\n'))
      .join('\t'),
  };
}

function parseAction(action: string): Piece {
  const match = /^(json\s+)?\.(\w*)$/.exec(action);
  if (match === null) {
    const message = `The format contains {{${action}}}, but only fields are supported: write, for example, {{.Name}} or {{json .}}.`;
    throw new VolumeError('invalid', message);
  }
  const [, json, name = ''] = match;
  if (name === '' && json !== undefined) return { whole: 'json' };
  return { field: fieldNamed(name), as: json === undefined ? 'text' : 'json' };
}

function fieldNamed(name: string): FieldName {
  const found = fieldNames.find((known) => known === name);
  if (found !== undefined) return found;
  const near = nearest(name, fieldNames);
  const hint = near === undefined ? `Fields are ${fieldNames.join(', ')}.` : `Did you mean .${near}?`;
  throw new VolumeError('invalid', `.${name} is not a field. ${hint}`);
}
