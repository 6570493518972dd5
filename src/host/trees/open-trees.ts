import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { VolumeError } from '../../core/volume-error.ts';
import type { Pace, Trees } from '../host.ts';
import { isRecord } from './entry.ts';
import { loadNativeFiles } from './native-files.ts';
import { paceFd, paceWord } from './pace.ts';
import { openProcesses } from './processes.ts';
import { answerRequest, type TreeRequest } from './request.ts';

const compiledWorker = new URL('./manifest-worker.js', import.meta.url);

/** In uncompiled sources (tests) this process does the work itself, as processes cannot load TypeScript. */
export function openTrees(worker: URL = compiledWorker): Trees {
  const isCompiled = existsSync(worker);
  const processes = openProcesses(fileURLToPath(worker));
  const ask = isCompiled
    ? <T>(request: TreeRequest, signal: AbortSignal, pace?: Pace) =>
        askProcess<T>(processes.take(), request, signal, pace)
    : <T>(request: TreeRequest) => askHere<T>(request);
  return {
    ready: () => (isCompiled ? processes.ready() : () => undefined),
    describe: (root, manifest, earlier, signal, pace) =>
      ask({ act: 'describe', root, manifest, ...(earlier === undefined ? {} : { earlier }) }, signal, pace),
    settle: (root, manifest, unread, signal) => ask({ act: 'settle', root, manifest, unread }, signal),
    mend: (root, manifest, signal) => ask({ act: 'mend', root, manifest }, signal),
    compare: (root, manifest, only, signal) =>
      ask({ act: 'compare', root, manifest, ...(only === undefined ? {} : { only }) }, signal),
    sample: (manifest, share, signal) => ask({ act: 'sample', manifest, share }, signal),
  };
}

async function askHere<T>(request: TreeRequest): Promise<T> {
  const native = await loadNativeFiles();
  try {
    return answerRequest(request, native) as T;
  } catch (error) {
    throw failed(error instanceof Error ? error.message : String(error));
  }
}

function askProcess<T>(
  child: ChildProcess,
  request: TreeRequest,
  signal: AbortSignal,
  pace?: Pace,
): Promise<T> {
  const kill = () => child.kill('SIGKILL');
  return new Promise<T>((resolve, reject) => {
    let answered: unknown;
    child.once('message', (answer) => {
      answered = answer;
    });
    child.once('error', reject);
    // Only then nothing of it uses the tree any more.
    child.once('exit', (code, killedBy) => {
      if (signal.aborted) reject(new VolumeError('timeout', 'Reading the files was ended.'));
      else if (!isRecord(answered)) reject(failed(`its process ended (${killedBy ?? `exit code ${code}`})`));
      else if ('error' in answered) reject(failed(String(answered.error)));
      else resolve(answered.value as T);
    });
    signal.addEventListener('abort', kill);
    if (signal.aborted) kill();
    else child.send(pace === undefined ? request : { ...request, ...tellPace(child, pace) }, () => undefined);
  }).finally(() => signal.removeEventListener('abort', kill));
}

/** Tells later limits; the first is in the request. */
function tellPace({ stdio }: ChildProcess, pace: Pace): { readonly within?: number } {
  const told = stdio[paceFd];
  if (!(told instanceof Writable)) return {};
  // It has ended by itself.
  told.on('error', () => undefined);
  pace.onGrowth(() => void told.write(paceWord(pace.limit())));
  return { within: pace.limit() };
}

function failed(why: string): VolumeError {
  return new VolumeError('failed', `The files could not be read: ${why}.`);
}
