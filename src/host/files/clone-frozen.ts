import { rm } from 'node:fs/promises';
import { VolumeError } from '../../core/volume-error.ts';
import type { Freeze, ProgramResult, Programs } from '../host.ts';
import { requireMount } from '../mounts/freeze.ts';
import type { KernelMounts } from '../mounts/kernel-mounts.ts';
import { failed, refuseExisting, type ToCopy } from './copy.ts';

/**
 * One process does it all, and depends on nothing of ours: it thaws even if the daemon is killed, hangs or is stopped with its service.
 * Writers wait for three system calls only: FIFREEZE, FICLONE in a child that is there already, and FITHAW (linux/fs.h). No program
 * starts in between, which takes tens of milliseconds on a busy machine, and no other process comes in between: it runs in real time
 * where it may. FIFREEZE flushes, and cannot be interrupted; so it comes right after a flush that was quick, and not at all after ten
 * that each took longer than the limit. The time that it takes is a part of the limit, and if it took all of it, nothing is copied.
 * Perl is on every Debian; the script needs none of its modules.
 */
const script = `
my ($mountpoint, $most, $from, $to, $clock, $syncfs, $schedule) = @ARGV;
$SIG{$_} = "IGNORE" for qw(HUP INT TERM);
sub now {
  return 0 unless $clock;
  my $time = "\\0" x 16;
  syscall($clock + 0, 1, $time);
  my ($seconds, $nanoseconds) = unpack("qq", $time);
  $seconds + $nanoseconds / 1e9;
}
sub opened { sysopen(my $file, $_[0], $_[1], 0600) or die "$_[0]: $!\\n"; $file }
my ($mounted, $source) = (opened($mountpoint, 0), opened($from, 0));
my $target = opened($to, 0301);
pipe(my $start, my $go) && pipe(my $done, my $end) or die "pipe: $!\\n";
my $priority = pack("i", 1);
syscall($schedule + 0, 0, 1, $priority) if $schedule;
my $child = fork // die "fork: $!\\n";
if ($child == 0) {
  close $go;
  exit 1 unless sysread($start, my $word, 1);
  ioctl($target, 0x40049409, fileno $source) or die "FICLONE: $!\\n";
  exit 0;
}
close $end;
my $least;
for (1 .. 10) {
  my $began = now();
  syscall($syncfs + 0, fileno $mounted) if $syncfs;
  my $took = now() - $began;
  $least = $took unless defined $least && $least < $took;
  last if $took < $most / 4;
}
if ($least >= $most) { kill "KILL", $child; exit 137 }
my $began = now();
unless (ioctl($mounted, 0xc0045877, 0)) { print STDERR "$!\\n"; exit 3 }
my $left = $most - (now() - $began);
my $isInTime = 0;
if ($left > 0) {
  syswrite($go, "x");
  my $ended = "";
  vec($ended, fileno $done, 1) = 1;
  $isInTime = select($ended, undef, undef, $left);
}
unless (ioctl($mounted, 0xc0045878, 0)) { print STDERR "FITHAW: $!\\n"; exit 4 }
printf "%.3f\\n", 1000 * (now() - $began);
kill "KILL", $child unless $isInTime;
waitpid($child, 0);
exit($isInTime ? ($? ? 1 : 0) : 137)`;
const notFrozen = 3;
const tooLong = 137;
/** The numbers of clock_gettime, syncfs and sched_setscheduler (asm/unistd.h). Elsewhere only the copy is limited. */
const systemCalls: Partial<Record<NodeJS.Architecture, readonly string[]>> = {
  x64: ['228', '306', '144'],
  arm64: ['113', '267', '119'],
};
/** Milliseconds. What was written before is flushed first, so that the freeze is short. */
const flushDeadline = 60_000;
/** On a busy machine, one copy may be late and the next one in time. */
const mostAttempts = 3;

export interface FreezeParts {
  readonly programs: Programs;
  readonly kernel: Pick<KernelMounts, 'look'>;
}

/** See `Files.cloneFrozen`. */
export async function cloneFrozen(
  { programs, kernel }: FreezeParts,
  paths: ToCopy,
  freeze: Freeze,
): Promise<number> {
  const { from, to } = paths;
  const { mountpoint, most } = freeze;
  requireMount(await kernel.look(mountpoint), mountpoint);
  await refuseExisting(to.path);
  let longest = 0;
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const result = await runFrozen(programs, paths, freeze);
    longest = Math.max(longest, Number(result.stdout));
    if (result.exitCode === 0) return longest;
    if (result.exitCode !== tooLong)
      throw failed(result.exitCode === notFrozen ? `freeze ${mountpoint}` : 'copy', paths, result);
    await rm(to.path, { force: true });
  }
  throw new VolumeError(
    'timeout',
    `Freezing ${mountpoint} and copying ${from.canonical} took longer than the ${most} ms for which writers may wait, ${mostAttempts} times. Retry when less is written to that disk, or pause meanwhile what writes to it.`,
  );
}

async function runFrozen(
  programs: Programs,
  { from, to }: ToCopy,
  { mountpoint, most }: Freeze,
): Promise<ProgramResult> {
  await programs.run('sync', ['--file-system', mountpoint], AbortSignal.timeout(flushDeadline));
  // Never aborted: that would kill it while the file system is frozen.
  const { signal } = new AbortController();
  const numbers = systemCalls[process.arch] ?? [];
  const args = ['-e', script, '--', mountpoint, `${most / 1000}`, from.path, to.path, ...numbers];
  return programs.run('perl', args, signal);
}
