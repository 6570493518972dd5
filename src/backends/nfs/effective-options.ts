import type { MountEntry } from '../../host/host.ts';
import { placeOf } from './mount-options.ts';

/** An option that was asked for, and what holds in its place. */
export interface Difference {
  readonly asked: string;
  readonly effective: string;
}

type Shown = ReadonlyMap<string, string>;

/** The first option that the kernel shows otherwise than it was asked for; undefined when there is none. */
export function firstDifference(asked: readonly string[], entry: MountEntry): Difference | undefined {
  const shown = shownBy(entry);
  for (const option of [...asked, ...(asked.includes('ro') ? [] : ['rw'])]) {
    const effective = effectiveOf(option, shown);
    if (effective !== undefined && !isMet(option, effective)) return { asked: option, effective };
  }
  return undefined;
}

/** What the kernel leaves out when it is so (`nfs_show_mount_options` of Linux, tried on 6.1). */
const unsaid: ReadonlyMap<string, string> = new Map([
  ['acregmin', '3'],
  ['acregmax', '60'],
  ['acdirmin', '30'],
  ['acdirmax', '60'],
  ['lookupcache', 'all'],
  ['max_connect', '1'],
  ['nconnect', '1'],
  ['port', '2049'],
]);
/** Shown always; where they are missing, the kernel has no such thing to say. */
const said: readonly string[] = [
  'vers',
  'rsize',
  'wsize',
  'timeo',
  'retrans',
  'sec',
  'proto',
  'namlen',
  'local_lock',
];
/** Shown as `noX` when they are off. */
const onUnlessSaid: readonly string[] = ['ac', 'acl', 'cto', 'lock', 'rdirplus', 'resvport', 'sharecache'];
/** Shown when they are on. */
const offUnlessSaid: readonly string[] = ['fsc', 'softreval'];
/** Without a meaning in NFS 4: taken and passed over by the kernel. */
const ofVersion3: readonly string[] = ['acl', 'lock', 'local_lock', 'namlen'];

function shownBy({ superOptions, options }: MountEntry): Shown {
  const isReadOnly = options.includes('ro') || superOptions.includes('ro');
  return new Map([...superOptions.map(split), ['ro', isReadOnly ? 'ro' : 'rw']]);
}

function split(option: string): readonly [string, string] {
  const at = option.indexOf('=');
  return at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
}

/** As an option, what holds in place of this one; undefined where the kernel does not show it. */
function effectiveOf(option: string, shown: Shown): string | undefined {
  if (option === 'ro' || option === 'rw') return shown.get('ro');
  const place = placeOf(option);
  if (shown.get('vers')?.startsWith('4') && ofVersion3.includes(place)) return undefined;
  // With nolock the kernel shows what follows from it.
  if (place === 'local_lock' && shown.has('nolock')) return undefined;
  // `noac` sets all times to 0, whatever else is asked for.
  if (shown.has('noac') && /^ac(reg|dir)/.test(place)) return undefined;
  if (place === 'hard') return ['hard', 'softerr', 'soft'].find((word) => shown.has(word));
  if (place === 'async') return shown.has('sync') ? 'sync' : 'async';
  if (onUnlessSaid.includes(place)) return shown.has(`no${place}`) ? `no${place}` : place;
  if (offUnlessSaid.includes(place)) return shown.has(place) ? place : `no${place}`;
  const value = shown.get(place) ?? unsaid.get(place);
  if (value === undefined || !(said.includes(place) || unsaid.has(place))) return undefined;
  return `${place}=${value}`;
}

function isMet(asked: string, effective: string): boolean {
  if (asked === effective) return true;
  const [name, wanted] = split(asked);
  const [, value] = split(effective);
  switch (name) {
    case 'vers':
      return wanted === '4' ? value.startsWith('4') : wanted === '4.0' && value === '4';
    case 'rsize':
    case 'wsize':
      // The server may have less; the kernel rounds, and takes no less than a page.
      return Number(value) <= Math.max(Number(wanted), 4096);
    case 'sec':
      return wanted === 'none' && value === 'null';
    case 'proto':
      return value === `${wanted}6`;
    // `noac` makes all writes synchronous, `softerr` has `softreval` in it.
    case 'async':
    case 'nosoftreval':
      return true;
    default:
      return false;
  }
}
