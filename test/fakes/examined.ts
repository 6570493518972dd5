import type { Examined } from '../../src/doctor/examine.ts';
import type { Finished } from '../lab/run.ts';

/** What can run the built command of a host. */
interface Commanded {
  tryCommand(...args: readonly string[]): Promise<Finished>;
}

/** What the doctor finds on a host with this configuration. Throws with the command's words where it could not look. */
export async function examined({ tryCommand }: Commanded, config: string): Promise<readonly Examined[]> {
  const { stdout, stderr } = await tryCommand('doctor', '--json', '--config', config);
  if (stdout === '') throw new Error(`The doctor printed nothing: ${stderr}`);
  return JSON.parse(stdout).findings;
}

/** What is not in order with the storage. */
export async function storageTrouble(host: Commanded, config: string): Promise<readonly Examined[]> {
  return (await examined(host, config)).filter(({ check, level }) => check === 'storage' && level !== 'ok');
}
