import type { Filters, TagValue } from '../ec2/ec2.ts';
import { keys } from './keys.ts';
import { minuteOf } from './tags.ts';

/** States of EBS volumes that are not deleted. */
const alive = ['creating', 'available', 'in-use', 'error'];

/** All volumes of a driver, whether present or removed. */
export function everFilters(driver: string): Filters {
  return { [`tag:${keys.driver}`]: [driver], status: alive };
}

/** Volumes of exactly this name. */
export function nameTag(name: string): TagValue {
  return { key: keys.name, value: name };
}

/** All removed volumes of a driver. */
export function removedFilters(driver: string): Filters {
  return { ...everFilters(driver), [`tag:${keys.state}`]: ['removed'] };
}

/** Those that a rollback is about, as long as it is not complete. */
export function exchangeFilters(driver: string): Filters {
  return { ...everFilters(driver), [`tag:${keys.state}`]: ['present', 'next'], 'tag-key': [keys.kept] };
}

/** Those that show a snapshot, by the value of that tag. */
export function viewFilters(driver: string, kept: string): Filters {
  return { ...everFilters(driver), [`tag:${keys.state}`]: ['next'], [`tag:${keys.kept}`]: [kept] };
}

/** Minutes before and after now: allows for one look per minute, clocks that differ, and a slow create. */
const changedBefore = 5;
const changedAfter = 2;

/** All volumes of a driver, whether present or removed, that were created or removed around `now` (milliseconds since the epoch). */
export function changedFilters(driver: string, now: number): Filters {
  const minutes = Array.from({ length: changedBefore + 1 + changedAfter }, (_, index) =>
    minuteOf(new Date(now + (index - changedBefore) * 60_000).toISOString()),
  );
  return { ...everFilters(driver), [`tag:${keys.changed}`]: minutes };
}

/** All volumes of a driver that are attached to an instance. */
export function attachedFilters(driver: string, instanceId: string): Filters {
  return { [`tag:${keys.driver}`]: [driver], 'attachment.instance-id': [instanceId] };
}
