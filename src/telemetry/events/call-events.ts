import type { AuditedAct } from '../../core/audit.ts';
import { operatorWords } from '../../core/operator-words.ts';
import type { NewEvent, ObservedCall } from '../../core/volume-event.ts';
import { withWaysOut } from '../../core/way-out.ts';

/** Calls that only read become an event only when they fail: an engine sends a Get before everything else. */
const looks: readonly ObservedCall['verb'][] = ['get', 'list-removed', 'list-snapshots'];

/** Undefined for a call that only read and succeeded, and for an operator's reads: the operator sees the answer. */
export function callEvent(call: ObservedCall): NewEvent | undefined {
  const { verb, driver, volume, asker, outcome, error, ms } = call;
  if (looks.includes(verb) && (error === undefined || asker.door === 'admin')) return undefined;
  return {
    what: verb,
    driver,
    ...(volume === undefined ? {} : { volume }),
    outcome,
    asker,
    ms: Math.round(ms * 1000) / 1000,
    ...(error === undefined ? {} : { message: withWaysOut(error, operatorWords) }),
  };
}

export function actEvent({ act, driver, volume, evidence }: AuditedAct): NewEvent {
  return { what: act, driver, volume, outcome: 'ok', asker: { door: 'daemon' }, message: evidence };
}
