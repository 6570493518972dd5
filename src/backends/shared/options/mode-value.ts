import { quote } from '../../../core/names.ts';
import { VolumeError } from '../../../core/volume-error.ts';

/** "755" and "0o755" become "0755". Throws `invalid`, also for an octal number that YAML turned into decimal: 511 for 0777. */
export function modeValue(text: string): string {
  const digits = /^(?:0o|0*)?([0-7]{1,4})$/.exec(text)?.[1]?.padStart(4, '0');
  const isPlain = /^[1-9]/.test(text);
  const decimal = isPlain ? decimalMode(text) : undefined;
  if (digits === undefined) throw notAMode(text, decimal);
  if (decimal !== undefined && isLessLikely(digits, decimal)) throw fromYaml(text, decimal, `0${text}`);
  // A normalised mode is read back unchanged.
  return isPlain || digits.startsWith('0') || !isTakenForDecimal(digits) ? digits : `0${digits}`;
}

function isTakenForDecimal(digits: string): boolean {
  const decimal = decimalMode(digits);
  return decimal !== undefined && isLessLikely(digits, decimal);
}

/** The mode, in octal, that equals this decimal number; undefined if nobody would write such a mode. */
function decimalMode(text: string): string | undefined {
  if (!/^\d{1,4}$/.test(text)) return undefined;
  const mode = Number(text).toString(8).padStart(4, '0');
  return mode.length === 4 && makesSense(mode) ? mode : undefined;
}

/** Whether a number makes less sense as octal than the other one: its owner could not use the directory, the other's could. */
function isLessLikely(octal: string, other: string): boolean {
  return octal[1] !== '7' && (other[1] === '7' || !makesSense(octal));
}

/** Others never have more than the group, nor the group more than the owner, and the owner has something. */
function makesSense(mode: string): boolean {
  const [owner = 0, group = 0, others = 0] = [...mode.slice(-3)].map(Number);
  return owner >= 4 && (group & ~owner) === 0 && (others & ~group) === 0;
}

function fromYaml(text: string, meant: string, literal: string): VolumeError {
  return new VolumeError(
    'invalid',
    `${quote(text)} is how YAML reads the number ${meant}: write the mode in quotes, as "${meant}", or as "${literal}" if you mean that.`,
  );
}

function notAMode(text: string, decimal: string | undefined): VolumeError {
  return new VolumeError(
    'invalid',
    decimal === undefined
      ? `${quote(text)} is not a mode: write it in octal, such as 0755.`
      : `${quote(text)} is not a mode; YAML turns the number ${decimal} into that: write the mode in quotes, as "${decimal}".`,
  );
}
