import type { Examined } from '../../src/doctor/examine.ts';
import type { Finished } from '../lab/run.ts';

/** Runs the built command on a host. */
interface Commanded {
  tryCommand(...args: readonly string[]): Promise<Finished>;
}

/** The doctor's findings on a host with this configuration. Throws the command's error if it printed none. */
export async function examined({ tryCommand }: Commanded, config: string): Promise<readonly Examined[]> {
  const { stdout, stderr } = await tryCommand('doctor', '--json', '--config', config);
  if (stdout === '') throw new Error(`The doctor printed nothing: ${stderr}`);
  return JSON.parse(stdout).findings;
}

/** The findings about storage that is not in order. */
export async function storageTrouble(host: Commanded, config: string): Promise<readonly Examined[]> {
  return (await examined(host, config)).filter(({ check, level }) => check === 'storage' && level !== 'ok');
}
