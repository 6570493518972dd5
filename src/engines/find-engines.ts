import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, engineAt } from './usual-engines.ts';

/** Processes that are looked at together. */
const batch = 64;
/** Milliseconds: a user waits for it. */
const patience = 2_000;

/** By the name of the process in the kernel. */
const programs: ReadonlyMap<string, 'Docker' | 'Podman'> = new Map([
  ['dockerd', 'Docker'],
  ['podman', 'Podman'],
]);

/**
 * The engines that run on this host, wherever their sockets are: those of root's processes that share our mounts, by the sockets on which
 * they listen. Connects to none, so it waits for no engine that hangs, and starts none. After two seconds it returns what was found so
 * far. Never rejects.
 */
export async function findEngines(proc = '/proc'): Promise<readonly Engine[]> {
  const found: Engine[] = [];
  const ended = new AbortController();
  const late = sleep(patience, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
  await Promise.race([late, look(proc, found, ended.signal).catch(() => undefined)]);
  ended.abort();
  return [...found];
}

async function look(proc: string, found: Engine[], ended: AbortSignal): Promise<void> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const ours = await readlink(`${proc}/self/ns/mnt`);
  for (let at = 0; at < pids.length && !ended.aborted; at += batch)
    await Promise.all(
      pids.slice(at, at + batch).map(async (pid) => {
        // A process may end at any moment.
        const engine = await engineOf(`${proc}/${pid}`, ours).catch(() => undefined);
        if (engine === undefined || ended.aborted) return;
        if (!found.some(({ socket }) => socket === engine.socket)) found.push(engine);
      }),
    );
}

async function engineOf(process: string, ours: string): Promise<Engine | undefined> {
  const name = programs.get((await readFile(`${process}/comm`, 'utf8')).trim());
  if (name === undefined || !(await isRoots(process))) return undefined;
  if ((await readlink(`${process}/ns/mnt`)) !== ours) return undefined;
  const sockets = await listeningOn(process);
  const engines = sockets.filter(isForClients).map((socket) => engineAt(name, socket));
  return engines.find(({ isUsual }) => isUsual) ?? engines[0];
}

/** The effective user, in our user namespace. */
async function isRoots(process: string): Promise<boolean> {
  return /^Uid:\s+\d+\s+0\s/m.test(await readFile(`${process}/status`, 'utf8'));
}

/** Paths of the Unix sockets on which the process listens and that root made, sorted. */
async function listeningOn(process: string): Promise<readonly string[]> {
  const paths = listeningSockets(await readFile(`${process}/net/unix`, 'utf8'));
  const held = await Promise.all(
    (await readdir(`${process}/fd`)).map((fd) => readlink(`${process}/fd/${fd}`).catch(() => '')),
  );
  const own = held.flatMap((target) => paths.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '') ?? []);
  const made = await Promise.all(
    own.map(async (path) => {
      const facts = await stat(path).catch(() => undefined);
      return facts?.isSocket() && facts.uid === 0 ? [path] : [];
    }),
  );
  return [...new Set(made.flat())].sort();
}

/** By inode. The columns are those of proc(5), `/proc/net/unix`: the flag is that of a socket that accepts connections. */
function listeningSockets(table: string): ReadonlyMap<string, string> {
  const line = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ 00010000 0001 [0-9A-F]+ +(\d+) (\/.*)$/gim;
  return new Map([...table.matchAll(line)].map(([, inode = '', path = '']) => [inode, path] as const));
}

/** Docker listens for its own helpers too. */
function isForClients(path: string): boolean {
  return !/\/libnetwork\/|\/metrics\.sock$/.test(path);
}
