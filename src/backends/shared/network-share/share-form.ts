import { VolumeError } from '../../../core/volume-error.ts';
import { type LocalForm, notHere } from '../options/local-form.ts';
import type { WrittenOption } from '../options/written-options.ts';

/** Turns the device into the share, and other options and `words` into mount options. Throws `invalid`. */
export function shareForm(
  form: LocalForm,
  isOption: (name: string) => boolean,
  types: readonly string[],
  words: readonly string[],
): readonly WrittenOption[] {
  if (!types.includes(form.type)) throw notHere(form);
  if (form.device === undefined) {
    throw new VolumeError(
      'invalid',
      `type "${form.type}" needs a device: add the option \`device=SERVER:PATH\`, or leave out type and addr for a new directory of the driver's own share.`,
    );
  }
  const ofMount = form.rest.filter(({ name }) => !isOption(name));
  const mountOptions = [
    ...ofMount.map(({ name, value }) => (value === '' ? name : `${name}=${value}`)),
    ...words,
  ];
  return [
    { name: 'share', value: form.device },
    ...form.rest.filter(({ name }) => isOption(name)),
    ...(mountOptions.length === 0 ? [] : [{ name: 'mountOptions', value: mountOptions.join(',') }]),
  ];
}
