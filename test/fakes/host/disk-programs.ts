import type { ProgramResult } from '../../../src/host/host.ts';
import { find } from './paths.ts';
import { failure, success } from './programs.ts';
import type { FakeProgram, FakeState, ProgramCall } from './state.ts';
import {
  addDirectory,
  createFakeFileSystem,
  type FakeContent,
  type FakeFileSystem,
  type FakeNode,
} from './tree.ts';

/** mkfs, fsck, blkid and similar programs on images and disks; the last path argument names the device. */
export function installDiskPrograms(programs: Map<string, FakeProgram>): void {
  programs.set('mkfs.ext4', (call) => format(call, 'ext4'));
  programs.set('mkfs.xfs', (call) => format(call, 'xfs'));
  for (const name of ['fsck', 'fsck.ext4', 'xfs_repair', 'fstrim', 'tune2fs']) {
    programs.set(name, (call) => (contentOf(call) ? success() : noSuchFile(name)));
  }
  programs.set('e2fsck', check);
  programs.set('resize2fs', (call) => grow(call.state, contentOf(call)));
  programs.set('xfs_growfs', (call) => grow(call.state, mountedAt(call)));
  programs.set('blkid', probe);
  programs.set('wipefs', signatures);
}

function format(call: ProgramCall, type: 'ext4' | 'xfs'): ProgramResult {
  const content = contentOf(call);
  if (!content) return noSuchFile(`mkfs.${type}`);
  if (isMounted(call.state, content)) return failure(`mkfs.${type}: contains a mounted file system\n`);
  const fileSystem = createFakeFileSystem(type, '0:0', content.size);
  if (type === 'ext4') addDirectory(fileSystem.root, 'lost+found').mode = 0o700;
  setRootOwner(fileSystem, call.args);
  fileSystem.on = content;
  content.image = fileSystem;
  content.data = superblock(type, content.size);
  return success();
}

function check(call: ProgramCall): ProgramResult {
  const content = contentOf(call);
  if (!content) return noSuchFile('e2fsck');
  const isHeld = [...call.state.heldDisks.values()].some((fileSystem) => fileSystem === content.image);
  return isHeld ? failure('is mounted.\ne2fsck: Cannot continue, aborting.\n', 8) : success();
}

function grow(state: FakeState, content: FakeContent | undefined): ProgramResult {
  const type = content?.image?.type;
  if (!content || (type !== 'ext4' && type !== 'xfs')) return failure('no such file system\n');
  const loop = [...state.loops].find(([, file]) => file === content)?.[0];
  const bytes = (loop !== undefined && state.loopBytes.get(loop)) || content.size;
  if (content.image) content.image.freeBytes += bytes - bytesIn(content.data, type);
  content.data = superblock(type, bytes);
  return success();
}

/** Like `blkid -p -o export`, which gives the same answer for an unreadable disk as for a blank one. */
function probe(call: ProgramCall): ProgramResult {
  const type = contentOf(call)?.image?.type;
  const isFound = type !== undefined && !isUnreadable(call);
  return isFound ? success(`TYPE=${type}\nUSAGE=filesystem\n`) : failure('', 2);
}

function signatures(call: ProgramCall): ProgramResult {
  const type = contentOf(call)?.image?.type;
  return success(type === undefined || isUnreadable(call) ? '' : `${type} 0x438\n`);
}

function isMounted(state: FakeState, content: FakeContent): boolean {
  if ([...state.loops.values()].some((file) => file === content)) return true;
  return content.image !== undefined && [...state.heldDisks.values()].includes(content.image);
}

/** As `mkfs.ext4 -E root_owner=uid:gid`. */
function setRootOwner(fileSystem: FakeFileSystem, args: readonly string[]): void {
  const match = /root_owner=(\d+):(\d+)/.exec(args.join(' '));
  if (match) Object.assign(fileSystem.root, { uid: Number(match[1]), gid: Number(match[2]) });
}

/** A superblock with only the magic numbers and the size, not marked as cleanly unmounted. */
function superblock(type: 'ext4' | 'xfs', bytes: number): Buffer {
  const block = Buffer.alloc(2048);
  if (type === 'xfs') {
    block.write('XFSB', 0);
    block.writeUInt32BE(4096, 4);
    block.writeBigUInt64BE(BigInt(Math.floor(bytes / 4096)), 8);
  } else {
    block.writeUInt16LE(0xef53, 1024 + 56);
    block.writeUInt32LE(Math.floor(bytes / 1024), 1024 + 4);
  }
  return block;
}

function bytesIn(data: Buffer, type: 'ext4' | 'xfs'): number {
  if (type === 'xfs') return data.readUInt32BE(4) * Number(data.readBigUInt64BE(8));
  return data.readUInt32LE(1024 + 4) * 1024;
}

function contentOf(call: ProgramCall): FakeContent | undefined {
  const node = nodeOf(call);
  if (node?.kind === 'block-device') return node.disk;
  return node?.kind === 'file' ? node : undefined;
}

function isUnreadable(call: ProgramCall): boolean {
  const node = nodeOf(call);
  return node?.kind === 'block-device' && node.disk.isUnreadable;
}

function mountedAt(call: ProgramCall): FakeContent | undefined {
  return nodeOf(call)?.fileSystem.on;
}

function nodeOf({ args, state }: ProgramCall): FakeNode | undefined {
  const path = args.findLast((arg) => arg.startsWith('/'));
  const loop = /^\/dev\/loop(\d+)$/.exec(path ?? '')?.[1];
  if (loop !== undefined) return state.loops.get(Number(loop));
  return path === undefined ? undefined : find(state, path, 'follow')?.node;
}

function noSuchFile(name: string): ProgramResult {
  return failure(`${name}: no such file or directory\n`);
}
