import type { Volume } from '../../../core/volume.ts';
import { admitBy } from '../../shared/options/recorded-options.ts';
import { admitted, type Parsed } from '../../shared/recorded/volume-record.ts';
import { ebsOptions } from '../options/options.ts';

/** EC2's limits are for new volumes: an existing volume has already passed them. */
const admit = admitBy(ebsOptions, (_where, _name, { options }) => options);

/** A volume read from tags, which anybody with permission may have written: accepted if a Create would accept its options. */
export function admittedVolume(volume: Volume): Parsed<Volume> {
  const parsed = admitted({ value: { volume } }, admit);
  return 'value' in parsed ? { value: parsed.value.volume } : parsed;
}
