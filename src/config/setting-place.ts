import type { Configuration } from './configuration.ts';
import { defaultFile } from './default-paths.ts';
import { pluginVariableName } from './variables.ts';

/** Where a person writes a setting of a driver: a key of the file, or a variable of the managed plugin. */
export function settingPlace(
  { file, pluginSocket }: Pick<Configuration, 'file' | 'pluginSocket'>,
  driver: string,
  setting: string,
): string {
  if (file === undefined && pluginSocket !== undefined)
    return `the plugin's setting ${pluginVariableName(['drivers', driver, 'settings', setting])} (\`docker plugin set\`)`;
  return `\`${setting}\` below \`drivers.${driver}.settings\` in ${file ?? `${defaultFile}, which does not exist yet`}`;
}
