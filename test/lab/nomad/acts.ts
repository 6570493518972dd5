import { writeFile } from 'node:fs/promises';
import { eventually } from '../eventually.ts';
import { type Finished, succeeded } from '../run.ts';
import type { NomadAgent } from './agent.ts';
import { nomad as program } from './program.ts';

/** What a test does with a cluster of Nomad. */
export interface NomadActs {
  /** The trimmed output of the nomad command; throws with its error. */
  nomad(...words: readonly string[]): Promise<string>;
  tryNomad(...words: readonly string[]): Promise<Finished>;
  /** Writes a file in the server's folder, and returns its path. */
  file(name: string, text: string): Promise<string>;
  /** `nomad job run` of a file with this text. */
  run(job: string, text: string): Promise<void>;
  /** The job's running allocations; waits until there are this many, and no others. */
  running(job: string, count?: number): Promise<readonly Allocation[]>;
  /** All of the job's allocations, the newest first. */
  allocations(job: string): Promise<readonly Allocation[]>;
  /** A shell command in the job's only running allocation. */
  inTask(job: string, command: string): Promise<string>;
  /** A shell command in an allocation. */
  exec(allocation: Allocation | undefined, command: string): Promise<string>;
  /** Waits until all clients are ready, with their engines. */
  isReady(): Promise<void>;
  /** Stops and forgets the job, and waits for the end of its tasks. */
  end(job: string): Promise<void>;
  /** Waits until the plugin has this many healthy controllers and nodes. */
  isHealthy(plugin: string, controllers: number, nodes: number): Promise<void>;
  /** Waits until the command's output contains the text. */
  isShown(text: string | RegExp, ...words: readonly string[]): Promise<void>;
  eventually<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T>;
}

/** A part of what `nomad job allocs -json` shows. */
interface Allocation {
  readonly ID: string;
  readonly NodeID: string;
  readonly NodeName: string;
  readonly ClientStatus: string;
  readonly CreateIndex: number;
  readonly TaskStates: Readonly<
    Record<string, { readonly Events: readonly { readonly DisplayMessage: string }[] }>
  > | null;
}

/** A part of what `nomad node status -json` shows. */
interface ClientNode {
  readonly Status: string;
  readonly Drivers: Readonly<Record<string, { readonly Healthy: boolean }>>;
}

/** The first host is the server. */
export async function nomadActs(server: NomadAgent, ...others: readonly NomadAgent[]): Promise<NomadActs> {
  const hosts = [server, ...others];
  const command = ['env', `NOMAD_ADDR=http://${server.address}:4646`, await program.built()] as const;
  const tryNomad = (...words: readonly string[]) => server.namespace.run(...command, ...words);
  const nomad = async (...words: readonly string[]) =>
    succeeded(`nomad ${words.join(' ')}`, await tryNomad(...words));
  const evidence = async () => (await Promise.all(hosts.map((host) => host.log()))).join('');
  const wait: NomadActs['eventually'] = (what, probe) => eventually(what, probe, { evidence });
  const file = async (name: string, text: string) => {
    const path = `${server.folder}/${name}`;
    await writeFile(path, text);
    return path;
  };
  const allocations = async (job: string) => {
    const all: readonly Allocation[] = JSON.parse(await nomad('job', 'allocs', '-json', job));
    return all.toSorted((one, other) => other.CreateIndex - one.CreateIndex);
  };
  const running = (job: string, count = 1) =>
    wait(`${count} of ${job} run`, async () => {
      const all = await allocations(job);
      const found = all.filter(({ ClientStatus }) => ClientStatus === 'running');
      if (found.length === count) return found;
      throw new Error(JSON.stringify(all.map(saying)));
    });
  const exec = (allocation: Allocation | undefined, script: string) =>
    nomad('alloc', 'exec', '-i=false', '-t=false', allocation?.ID ?? '', 'sh', '-c', script);
  return {
    exec,
    isReady: async () => {
      await wait('all clients are ready', async () => {
        const nodes: readonly ClientNode[] = JSON.parse(await nomad('node', 'status', '-json'));
        const isReady = ({ Status, Drivers }: ClientNode) => Status === 'ready' && Drivers.docker?.Healthy;
        return nodes.filter(isReady).length === hosts.length;
      });
    },
    nomad,
    tryNomad,
    file,
    allocations,
    running,
    eventually: wait,
    run: async (job, text) => {
      await nomad('job', 'run', '-detach', await file(`${job}.nomad.hcl`, text));
    },
    inTask: async (job, script) => {
      const [allocation] = await running(job);
      return exec(allocation, script);
    },
    end: async (job) => {
      await nomad('job', 'stop', '-detach', job);
      const isEnded = ({ ClientStatus }: Allocation) => /complete|failed|lost/.test(ClientStatus);
      await wait(`${job} ends`, async () => (await allocations(job)).every(isEnded));
      await nomad('job', 'stop', '-detach', '-purge', job);
    },
    isHealthy: (plugin, controllers, nodes) =>
      wait(`${plugin} is healthy`, async () => {
        const text = await nomad('plugin', 'status', plugin);
        const healthy = (kind: string) => new RegExp(`^${kind} Healthy +=(.*)$`, 'm').exec(text)?.[1]?.trim();
        if (healthy('Nodes') === `${nodes}` && (healthy('Controllers') ?? '0') === `${controllers}`)
          return true;
        throw new Error(text);
      }).then(() => undefined),
    isShown: async (text, ...words) => {
      await wait(`${words.join(' ')} shows ${text}`, async () => {
        const shown = await nomad(...words);
        if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return true;
        throw new Error(shown);
      });
    },
  };
}

function saying({ ID, ClientStatus, NodeName, TaskStates }: Allocation): string {
  const events = Object.values(TaskStates ?? {}).flatMap(({ Events }) => Events);
  return `${ID} on ${NodeName}: ${ClientStatus}: ${events.map(({ DisplayMessage }) => DisplayMessage).join(' ')}`;
}
