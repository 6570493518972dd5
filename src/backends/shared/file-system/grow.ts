import type { Files, ProgramResult, Programs } from '../../../host/host.ts';
import { quotedOutput } from '../quoted-output.ts';
import type { Superblock } from './superblock.ts';

/** Milliseconds. The caller's signal does not end a resize, because that would leave it half done. */
const growDeadline = 60 * 60_000;
/** linux/capability.h; ext4 requires it to grow a mounted file system. */
const systemResource = 24n;

/** Whether this process may grow a mounted ext4: in a managed plugin or a container it may not. A mounted xfs always can be grown. */
export async function mayGrowMounted(files: Pick<Files, 'readText'>): Promise<boolean> {
  const status = (await files.readText('/proc/self/status')) ?? '';
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> systemResource) & 1n) === 1n;
}

/** `device`: what an ext4 is on, also a file; `mountpoint`: where an xfs is mounted. */
export type GrownPlace =
  | { readonly type: 'ext4'; readonly device: string }
  | { readonly type: 'xfs'; readonly mountpoint: string };

/** Grows it to the size of its device. Returns why that failed; undefined if it did not. */
export async function growFileSystem(programs: Programs, place: GrownPlace): Promise<string | undefined> {
  const { program, path } =
    place.type === 'xfs'
      ? { program: 'xfs_growfs', path: place.mountpoint }
      : { program: 'resize2fs', path: place.device };
  const result = await attempt(programs, program, path);
  return result.exitCode === 0 ? undefined : `${program} says ${quotedOutput(result.stderr)}`;
}

/** Where to grow it, by its type. */
export function grownPlace(type: Superblock['type'], device: string, mountpoint: string): GrownPlace {
  return type === 'xfs' ? { type, mountpoint } : { type, device };
}

async function attempt(programs: Programs, program: string, path: string): Promise<ProgramResult> {
  try {
    return await programs.run(program, [path], AbortSignal.timeout(growDeadline));
  } catch (error) {
    return { exitCode: 1, stdout: '', stderr: error instanceof Error ? error.message : String(error) };
  }
}
