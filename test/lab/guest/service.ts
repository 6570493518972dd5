import { readFile } from 'node:fs/promises';
import type { Service } from '../service.ts';
import type { GuestLimits } from './programs.ts';
import { type Conversation, type SerialLine, within } from './serial-line.ts';

interface Running {
  readonly line: SerialLine;
  readonly conversation: Conversation;
  readonly pid: number;
}

/** A long-running program of the guest. Its process ID is the one in the guest. */
export function createGuestService(logFile: string, line: () => SerialLine, limits: GuestLimits): Service {
  let running: Running | undefined;
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (!running) return null;
    const { conversation } = running;
    running.line.tell({ operation: 'signal', run: conversation.id, signal });
    return within(100_000, conversation, ({ ended }) => ended).then(({ exitCode }) => exitCode);
  };
  return {
    running: () => running !== undefined,
    pid: () => running?.pid,
    start: async (program, args) => {
      if (running) throw new Error(`${program} runs already.`);
      const started = await startLogged(logFile, line(), program, args, limits);
      running = started;
      const over = () => {
        if (running === started) running = undefined;
      };
      // Any end counts, also a power failure.
      started.conversation.until(({ ended }) => ended).then(over, over);
    },
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
    log: () => readFile(logFile, 'utf8').catch(() => ''),
  };
}

async function startLogged(
  logFile: string,
  line: SerialLine,
  program: string,
  args: readonly string[],
  { env = {}, cwd = '/' }: GuestLimits,
): Promise<Running> {
  const files = { stdin: '/dev/null', stdout: logFile, stderr: logFile };
  const conversation = line.ask({ operation: 'run', program, args, env, cwd, ...files });
  const pid = await within(100_000, conversation, (report) => report.pid);
  return { line, conversation, pid };
}
