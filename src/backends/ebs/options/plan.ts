import type { Options } from '../../../core/volume.ts';
import { VolumeError } from '../../../core/volume-error.ts';
import type { CompletedOptions } from '../../shared/options/complete-options.ts';
import { mkfsWords } from '../disk/mkfs-options.ts';
import { answeredOptions } from '../record/actual-options.ts';
import { diskMountOptions } from './disk-mount-options.ts';
import { fitPerformance } from './performance.ts';
import type { EbsSettings } from './settings.ts';
import { type Plan, strengthOf, without } from './without.ts';

export function builtInOptions({ kmsKeyId }: Pick<EbsSettings, 'kmsKeyId'>): Options {
  return {
    type: 'gp3',
    fsType: 'ext4',
    rootPath: 'data',
    uid: '0',
    gid: '0',
    mode: '0755',
    readOnly: 'false',
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
  };
}

/** Options that existing data has settled already. */
const ofNewData = ['mkfsOptions', 'uid', 'gid', 'mode'];

/**
 * Completes the options with what follows from them, and leaves out those that do not apply to the volume's kind. Throws `invalid`
 * if an explicit option does not apply, or if EC2 would refuse it.
 */
export function fitOptions(where: string, completed: CompletedOptions): Options {
  const plan: Plan = { where, completed };
  const { overwriteFS: _, ...asked } = completed.options;
  const options = fitFileSystem(plan, asked);
  if (options.from !== undefined) return fitDisk(plan, withoutOtherData(plan, options));
  if (options.volumeId !== undefined) return fitAdopted(plan, options);
  const data =
    options.snapshot === undefined
      ? options
      : without(plan, options, ofNewData, 'snapshot', 'its data is taken as it is');
  return fitDisk(plan, data);
}

function fitDisk(plan: Plan, options: Options): Options {
  return fitPerformance(plan, fitKey(plan, options));
}

function withoutOtherData(plan: Plan, options: Options): Options {
  return without(plan, options, ['snapshot', 'volumeId'], 'from', 'a copy has the data of its source');
}

/** What a copy takes over from its source: not where the source's own data came from, nor where the source is. */
export function inheritedOptions(source: Options): Options {
  const { snapshot: _, volumeId: _id, availabilityZone: _zone, ...options } = source;
  return options;
}

/** Explicit options of the EBS volume itself are compared with it when it is adopted; defaults are left out. */
function fitAdopted(plan: Plan, options: Options): Options {
  const ofMaking = ['snapshot', ...ofNewData];
  const asked = (name: string) => strengthOf(plan, name) <= strengthOf(plan, 'volumeId');
  const isRefused = ofMaking.some((name) => options[name] !== undefined && asked(name));
  const kept = isRefused ? [] : answeredOptions.filter(asked);
  const left = [...answeredOptions, ...ofMaking].filter((name) => !kept.some((one) => one === name));
  return without(plan, options, left, 'volumeId', 'an existing volume is taken as it is');
}

/** Options for another file system than the requested one: those from defaults are left out. */
function fitFileSystem(plan: Plan, options: Options): Options {
  const type = options.fsType ?? 'ext4';
  const checks = {
    mkfsOptions: (text: string) => mkfsWords(text, type),
    mountOptions: (text: string) => diskMountOptions(text, type),
  };
  return Object.entries(checks).reduce((rest, [name, check]) => {
    try {
      check(rest[name] ?? '');
      return rest;
    } catch (error) {
      if (!(error instanceof VolumeError)) throw error;
      return without(plan, rest, [name], 'fsType', error.message.replace(/\.$/, ''));
    }
  }, options);
}

function fitKey(plan: Plan, options: Options): Options {
  if (options.kmsKeyId === undefined) return options;
  if (options.encrypted === 'false') {
    return without(plan, options, ['kmsKeyId'], 'encrypted', 'a key is for encrypted volumes');
  }
  return { ...options, encrypted: 'true' };
}
