import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import { type CompletedOptions, origins } from '../../shared/options/complete-options.ts';

export interface Plan {
  /** Begins every message. */
  readonly where: string;
  readonly completed: CompletedOptions;
}

/** Rank of an option's source; 0 is the strongest. */
export function strengthOf({ completed }: Plan, name: string): number {
  return origins.indexOf(completed.origin.get(name) ?? 'built-in');
}

/** Leaves out options that conflict with `reason` and come from a weaker source; refuses the others. */
export function without(
  plan: Plan,
  options: Options,
  names: readonly string[],
  reason: string,
  because: string,
): Options {
  const present = names.filter((name) => options[name] !== undefined);
  const beside = present.filter((name) => strengthOf(plan, name) <= strengthOf(plan, reason));
  if (beside.length > 0) {
    throw new VolumeError(
      'invalid',
      `${plan.where}: ${beside.join(', ')} cannot be combined with ${reason}=${options[reason]}: ${because}. Leave one of them out.`,
    );
  }
  return Object.fromEntries(Object.entries(options).filter(([name]) => !present.includes(name)));
}
