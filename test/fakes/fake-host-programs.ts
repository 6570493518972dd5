import { VolumeError } from '../../src/core/volume-error.ts';
import type { ProgramResult, Programs } from '../../src/host/host.ts';
import type { FakeProgram, FakeState, ProgramCall } from './fake-host-state.ts';
import { find } from './fake-paths.ts';
import { addDirectory, createFakeFileSystem, type FakeFile, type FakeFileSystem } from './fake-tree.ts';

/** Runs what `state.programs` has; anything else is not installed. */
export function fakePrograms(state: FakeState): Programs {
  return {
    run: async (program, args, signal, input = '') => {
      const name = program.split('/').at(-1) ?? program;
      if (signal.aborted) throw new VolumeError('timeout', `${name} was ended by its deadline.`);
      const behaviour = state.programs.get(name);
      if (!behaviour) throw new VolumeError('unavailable', `${name} is not installed.`);
      return behaviour({ args, input, signal, state });
    },
  };
}

/** mkfs, fsck and blkid on image files; the last argument that is a path names the image. */
export function installDiskPrograms(programs: Map<string, FakeProgram>): void {
  programs.set('mkfs.ext4', (call) => format(call, 'ext4'));
  programs.set('mkfs.xfs', (call) => format(call, 'xfs'));
  for (const name of [
    'e2fsck',
    'fsck',
    'fsck.ext4',
    'xfs_repair',
    'resize2fs',
    'xfs_growfs',
    'fstrim',
    'tune2fs',
  ]) {
    programs.set(name, (call) =>
      imageOf(call) ? success('') : failure(`${name}: no such file or directory\n`),
    );
  }
  programs.set('blkid', (call) => {
    const image = imageOf(call)?.image;
    return image ? success(`${image.type}\n`) : { exitCode: 2, stdout: '', stderr: '' };
  });
}

function success(stdout: string): ProgramResult {
  return { exitCode: 0, stdout, stderr: '' };
}

export function failure(stderr: string, exitCode = 1): ProgramResult {
  return { exitCode, stdout: '', stderr };
}

function format(call: ProgramCall, type: 'ext4' | 'xfs'): ProgramResult {
  const file = imageOf(call);
  if (!file) return failure(`mkfs.${type}: no such file or directory\n`);
  if (isMounted(call.state, file)) return failure(`mkfs.${type}: contains a mounted file system\n`);
  const fileSystem = createFakeFileSystem(type, '0:0', file.size);
  if (type === 'ext4') addDirectory(fileSystem.root, 'lost+found').mode = 0o700;
  setRootOwner(fileSystem, call.args);
  file.image = fileSystem;
  file.data = superblock(type);
  return success('');
}

function isMounted(state: FakeState, file: FakeFile): boolean {
  return [...state.loops.values()].includes(file);
}

/** As `mkfs.ext4 -E root_owner=uid:gid`. */
function setRootOwner(fileSystem: FakeFileSystem, args: readonly string[]): void {
  const match = /root_owner=(\d+):(\d+)/.exec(args.join(' '));
  if (match) Object.assign(fileSystem.root, { uid: Number(match[1]), gid: Number(match[2]) });
}

/** Just the magic numbers that tell one from the other. */
function superblock(type: 'ext4' | 'xfs'): Buffer {
  const block = Buffer.alloc(2048);
  if (type === 'xfs') block.write('XFSB', 0);
  else block.writeUInt16LE(0xef53, 1024 + 56);
  return block;
}

function imageOf({ args, state }: ProgramCall): FakeFile | undefined {
  const path = args.findLast((arg) => arg.startsWith('/'));
  const node = path === undefined ? undefined : find(state, path, 'follow')?.node;
  return node?.kind === 'file' ? node : undefined;
}
