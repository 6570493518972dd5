import { type Finding, failure, ok, warning } from '../../core/finding.ts';
import type { Check, Patient } from '../check.ts';

interface Helper {
  readonly program: string;
  /** Debian's. */
  readonly package: string;
  /** The arguments that print its version. */
  readonly words: readonly string[];
  /** `optional`: only some volumes need it. */
  readonly need: 'always' | 'optional';
}

const ext4: Helper = { program: 'mkfs.ext4', package: 'e2fsprogs', words: ['-V'], need: 'optional' };
const xfs: Helper = { program: 'mkfs.xfs', package: 'xfsprogs', words: ['-V'], need: 'optional' };
const blkid: Helper = { program: 'blkid', package: 'util-linux', words: ['--version'], need: 'always' };

const restic: Helper = { program: 'restic', package: 'restic', words: ['version'], need: 'always' };

const helpers: Readonly<Record<string, readonly Helper[]>> = {
  local: [ext4, { program: 'losetup', package: 'mount', words: ['--version'], need: 'optional' }],
  nfs: [{ program: 'mount.nfs', package: 'nfs-common', words: ['-V'], need: 'always' }],
  glusterfs: [{ program: 'mount.glusterfs', package: 'glusterfs-client', words: ['-V'], need: 'always' }],
  ebs: [ext4, xfs, blkid],
};

/** By backend: the file system that the kernel needs, and its module. */
const modules: Readonly<Record<string, { readonly type: string; readonly module: string }>> = {
  nfs: { type: 'nfs4', module: 'nfsv4' },
  glusterfs: { type: 'fuse', module: 'fuse' },
};

/** The helpers of each configured backend and of backups, with their versions, and the kernel's modules. */
export const helpersCheck: Check = {
  name: 'helpers',
  async run(patient) {
    const used = [...new Set([...patient.configuration.drivers.values()].map(({ backend }) => backend))];
    const { size: repositories } = patient.configuration.repositories;
    const wanted = [
      ...new Set(used.flatMap((backend) => helpers[backend] ?? [])),
      ...(repositories > 0 ? [restic] : []),
    ];
    const found = await Promise.all(wanted.map((helper) => lookFor(patient, helper)));
    const kernel = await Promise.all(used.map((backend) => lookAtKernel(patient, backend)));
    return [...found, ...kernel.flat()];
  },
};

async function lookFor({ system }: Patient, { program, words, need, ...helper }: Helper): Promise<Finding> {
  if ((await system.program(program)) === undefined) {
    const found = need === 'always' ? failure : warning;
    return found(program, `The program ${program} is not installed.`, `apt-get install ${helper.package}`);
  }
  const [version = 'It is installed'] = (await system.output(program, ...words))?.split('\n') ?? [];
  return ok(program, `${version}.`);
}

async function lookAtKernel({ system }: Patient, backend: string): Promise<readonly Finding[]> {
  const needed = modules[backend];
  if (needed === undefined) return [];
  const types = (await system.text('/proc/filesystems')) ?? '';
  if (types.split(/\s+/).includes(needed.type)) return [ok('kernel', `It has ${needed.type}.`)];
  const canLoad = (await system.output('modprobe', '--dry-run', needed.module)) !== undefined;
  if (canLoad) return [ok('kernel', `It can load the module ${needed.module}.`)];
  const evidence = `The kernel has neither the file system ${needed.type} nor the module ${needed.module}.`;
  const mend =
    'Boot a kernel that has it: on Debian `apt-get install linux-image-amd64`, or `linux-image-arm64`, and `reboot`.';
  return [failure('kernel', evidence, mend)];
}
