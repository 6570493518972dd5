import { parseVolumeName, type VolumeName } from '../../core/names.ts';
import type { Options } from '../../core/volume.ts';
import { asVolumeError, VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver } from '../../driver/volume-driver.ts';
import type { Description } from '../description.ts';

/** Options that are about the data, the place or the access of the earlier volume. The driver gives the new one its own place. */
const leftOut = [
  ...['from', 'whileInUse', 'restore', 'readOnly', 'profile'],
  ...['path', 'share', 'create', 'subdir'],
  ...['volumeId', 'snapshot', 'availabilityZone'],
];
/** The options of a volume whose data exists already, after all aliases: a restore would be written over it. */
const ofExisting = ['from', 'path', 'share', 'volumeId', 'snapshot'];

interface PlannedOptions {
  readonly options: Options;
  /** For the user; empty if there is nothing to say. */
  readonly remark: string;
}

/** Those of the backup as far as this driver takes them: on another backend, a size at most. */
export async function planOptions(
  driver: VolumeDriver,
  asked: string,
  { backend, options: had }: Pick<Description, 'backend' | 'options'>,
  options: Options,
): Promise<PlannedOptions> {
  const name = parseVolumeName(asked);
  if ((await driver.get(name)) !== undefined)
    throw new VolumeError(
      'conflict',
      `Volume ${name} exists in driver ${driver.name}, and a restore makes a new volume. Give it another name, or remove it first.`,
    );
  const portable = Object.entries(had).filter(([key]) => !leftOut.includes(key));
  const { size } = had;
  const own = backend === driver.backend ? Object.fromEntries(portable) : size === undefined ? {} : { size };
  const given = await canonical(driver, name, options);
  const wanted = { ...own, ...given };
  try {
    await foreseeNew(driver, name, wanted);
    return { options: wanted, remark: remarkOn(had) };
  } catch (thrown) {
    const error = asVolumeError(thrown, 'The volume cannot be created');
    if (error.code !== 'invalid' || Object.keys(own).length === 0) throw error;
    const taken = await takenBy(driver, name, own, given);
    const left = Object.keys(own).filter((key) => taken[key] === undefined);
    const remark = `Options of the backup that driver ${driver.name} does not take were left out, with others that need them (${left.join(', ')}): ${error.message}`;
    return { options: taken, remark };
  }
}

/** What was asked for, with those options of the backup that the driver takes beside it. */
async function takenBy(
  driver: VolumeDriver,
  name: VolumeName,
  own: Options,
  options: Options,
): Promise<Options> {
  await foreseeNew(driver, name, options);
  let taken = options;
  // Others may need the size.
  const keys = Object.keys(own).toSorted((a, b) => Number(b === 'size') - Number(a === 'size'));
  for (const key of keys.filter((one) => options[one] === undefined)) {
    const more = { ...taken, [key]: own[key] ?? '' };
    const isTaken = await foreseeNew(driver, name, more).then(
      () => true,
      (error) => asVolumeError(error, '').code !== 'invalid',
    );
    if (isTaken) taken = more;
  }
  return taken;
}

/** By the names that backups have them under: an alias would contradict the option of the backup. */
async function canonical(driver: VolumeDriver, name: VolumeName, options: Options): Promise<Options> {
  try {
    const { volume } = await driver.foresee({ verb: 'create', name, options });
    return volume?.given ?? options;
  } catch (thrown) {
    // Some options need another one, such as a size, which the backup may have.
    if (asVolumeError(thrown, '').code === 'invalid') return options;
    throw thrown;
  }
}

/** Throws what the Create would throw, and `invalid` if the volume would have data that exists. */
async function foreseeNew(driver: VolumeDriver, name: VolumeName, options: Options): Promise<void> {
  const { volume } = await driver.foresee({ verb: 'create', name, options });
  const existing = ofExisting.find((option) => volume?.options[option] !== undefined);
  if (existing !== undefined)
    throw new VolumeError(
      'invalid',
      `Volume ${name} could not be restored: a restore makes a new volume, and the option ${existing} is about data that exists. Leave it out.`,
    );
}

function remarkOn({ readOnly }: Options): string {
  return readOnly === 'true' ? 'The volume was read-only, and can be written now.' : '';
}
