import type { Parameters } from '../api/parameters.ts';
import type { Xml } from '../api/xml.ts';
import type { Account } from '../cloud/account.ts';
import type { Fault } from '../cloud/faults.ts';

interface Call {
  readonly account: Account;
  readonly parameters: Parameters;
  /** The faults of this request that concern its effect rather than its answer. */
  readonly fault: Fault | undefined;
}

export type Answer = Readonly<Record<string, Xml>>;

export interface Action {
  /** The names before the first dot; others are refused. */
  readonly parameters: readonly string[];
  run(call: Call): Answer | Promise<Answer>;
}
