import type { Account } from '../account.ts';
import type { Fault } from '../faults.ts';
import type { Parameters } from '../parameters.ts';
import type { Xml } from '../xml.ts';

interface Call {
  readonly account: Account;
  readonly parameters: Parameters;
  /** What this one meets, of the faults that concern what is done rather than how it is answered. */
  readonly fault: Fault | undefined;
}

export type Answer = Readonly<Record<string, Xml>>;

export interface Action {
  /** The names before the first dot; others are refused. */
  readonly parameters: readonly string[];
  run(call: Call): Answer | Promise<Answer>;
}
