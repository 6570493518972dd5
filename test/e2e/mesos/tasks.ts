import { builtDaemon } from '../../lab/built-daemon.ts';
import type { Machine } from '../../lab/machine.ts';
import type { Verb, VolumeWish } from '../../lab/mesos/agent.ts';
import { startWritingTask, type WritingTask } from '../../lab/mesos/agent-task.ts';
import { dvdcliOf, dvdcliWords, type Spoken, startDvdcli } from '../../lab/mesos/dvdcli.ts';

type Host = Pick<Machine, 'namespace' | 'folder'>;

/** Success without output. */
export const silently: Spoken = { exitCode: 0, stdout: '', stderr: '' };

/** Runs dvdcli on a simulated host, as a Mesos agent's isolator does. */
export async function dvdcli(
  { namespace }: Host,
  verb: Verb | 'remove',
  volume: VolumeWish,
  driver?: string,
): Promise<Spoken> {
  const words = dvdcliWords(verb, volume, driver);
  return startDvdcli(namespace, dvdcliOf(await builtDaemon()), words).ended;
}

/** A task of a Mesos agent with one volume, mounted by dvdcli. */
export async function startTask(host: Host, volume: VolumeWish, driver?: string): Promise<WritingTask> {
  const { exitCode, stdout, stderr } = await dvdcli(host, 'mount', volume, driver);
  if (exitCode !== 0) throw new Error(`dvdcli mount ended with ${exitCode}: ${stderr}`);
  return startWritingTask(host.namespace, `${host.folder}/tasks/${volume.name}`, [stdout.trim()]);
}
