import type { MountEntry } from '../../host/host.ts';
import { placeOf } from './mount-options.ts';

/** A requested option and the one in effect instead. */
export interface Difference {
  readonly asked: string;
  readonly effective: string;
}

type Shown = ReadonlyMap<string, string>;

/** The first option that the kernel shows differently from the request; undefined if there is none. */
export function firstDifference(asked: readonly string[], entry: MountEntry): Difference | undefined {
  const shown = shownBy(entry);
  for (const option of [...asked, ...(asked.includes('ro') ? [] : ['rw'])]) {
    const effective = effectiveOf(option, shown);
    if (effective !== undefined && !isMet(option, effective)) return { asked: option, effective };
  }
  return undefined;
}

/** Defaults that the kernel does not show (`nfs_show_mount_options` of Linux, tried on 6.1). */
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
/** Always shown; if one is missing, this kernel does not show it at all. */
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
/** Shown as `noX` if they are off. */
const onUnlessSaid: readonly string[] = ['ac', 'acl', 'cto', 'lock', 'rdirplus', 'resvport', 'sharecache'];
/** Shown if they are on. */
const offUnlessSaid: readonly string[] = ['fsc', 'softreval'];
/** Without effect in NFS 4: the kernel accepts and ignores them. */
const ofVersion3: readonly string[] = ['acl', 'lock', 'local_lock', 'namlen'];

function shownBy({ superOptions, options }: MountEntry): Shown {
  const isReadOnly = options.includes('ro') || superOptions.includes('ro');
  return new Map([...superOptions.map(split), ['ro', isReadOnly ? 'ro' : 'rw']]);
}

function split(option: string): readonly [string, string] {
  const at = option.indexOf('=');
  return at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
}

/** The option in effect instead of this one; undefined if the kernel does not show it. */
function effectiveOf(option: string, shown: Shown): string | undefined {
  if (option === 'ro' || option === 'rw') return shown.get('ro');
  const place = placeOf(option);
  if (shown.get('vers')?.startsWith('4') && ofVersion3.includes(place)) return undefined;
  // With nolock, the kernel shows the resulting value.
  if (place === 'local_lock' && shown.has('nolock')) return undefined;
  // `noac` sets all times to 0, regardless of other options.
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
      // The server may support less; the kernel rounds, and uses at least a page.
      return Number(value) <= Math.max(Number(wanted), 4096);
    case 'sec':
      return wanted === 'none' && value === 'null';
    case 'proto':
      return value === `${wanted}6`;
    // `noac` makes all writes synchronous, `softerr` includes `softreval`.
    case 'async':
    case 'nosoftreval':
      return true;
    default:
      return false;
  }
}
