import { afterAll } from '@jest/globals';
import { fencesOf, readPage } from '../../docs/pages.ts';
import { builtDaemon } from '../../lab/built-daemon.ts';
import type { Cluster } from '../../lab/gluster/cluster.ts';
import type { Pod } from '../../lab/gluster/pod.ts';
import { useCluster } from '../../lab/gluster/use-cluster.ts';
import { mountpoints } from '../../lab/kernel-view.ts';
import { type NomadActs, nomadActs } from '../../lab/nomad/acts.ts';
import { createNomadHost, type NomadHost } from '../../lab/nomad/host.ts';
import { type Finished, succeeded } from '../../lab/run.ts';
import { realPluginParts, switchOff } from '../plugin/use-plugin.ts';

/** What the tests here need; pass it to `describeWith`. */
export const nomadParts = { ...realPluginParts, programs: [...realPluginParts.programs, 'gcc'] };

/** A Nomad server, two clients, and a GlusterFS volume in place of the page's storage. */
export interface NomadLab extends NomadActs {
  /** The server, which is a client as well. */
  readonly first: NomadHost;
  readonly second: NomadHost;
  /** A file of the page, by the name in its first line, with GlusterFS or local volumes as storage. */
  page(name: string, backend?: 'glusterfs' | 'local'): string;
  /** Creates a volume of the page's file under this name, with these changes of the text. */
  volume(name: string, ...changes: readonly Change[]): Promise<Finished>;
  /** Runs these jobs of the plugin, and ends those that ran. */
  plugin(...jobs: readonly string[]): Promise<void>;
  /** The plugin's container on the host; waits until there is one other than `before`. */
  container(host: NomadHost, before?: string): Promise<string>;
  /** `holdfast` with these words, for the plugin on the host. */
  holdfast(host: NomadHost, ...words: readonly string[]): Promise<string>;
  /** Waits until the volume is mounted on no host. */
  isReleased(volume: string): Promise<void>;
}

type Change = readonly [from: string, to: string];

/** Runs the page's plugin, which is controller and node in one, on both clients. */
export async function runPlugin(it: NomadLab): Promise<void> {
  await it.plugin(it.page('holdfast.nomad.hcl'));
  await it.isHealthy('holdfast', 2, 2);
}

/** It boots when a test first asks for it, because building Nomad takes minutes, and needs Go. */
export function useNomad(): () => Promise<NomadLab> {
  const opened: NomadHost[] = [];
  // Runs before the cluster's own cleanup, which must find no host.
  afterAll(async () => {
    for (const host of opened) await switchOff(host);
  });
  const cluster = useCluster();
  let lab: Promise<NomadLab> | undefined;
  return () => {
    lab ??= boot(cluster(), opened);
    return lab;
  };
}

async function boot({ hub, addresses }: Cluster, opened: NomadHost[]): Promise<NomadLab> {
  const servers = addresses.map((address) => `'${address}'`).join(', ');
  const settings = {
    glusterfs: `{ servers: [${servers}], volume: gv0 }`,
    local: '{ root: /var/lib/holdfast/volumes }',
  };
  const page: NomadLab['page'] = (name, backend = 'glusterfs') =>
    pageFile(name, `backend: ${backend}, settings: ${settings[backend]}`);
  const open = async (name: string, pod: Pod, server: string) => {
    const host = await createNomadHost({ name, pod, server, configuration: page('/etc/nomad.d/client.hcl') });
    opened.push(host);
    await host.docker('tag', await host.build.image(), 'registry.example/holdfast:0.1.0');
    await host.startAgent();
    return host;
  };
  const pod = await hub.plug();
  const first = await open('first', pod, pod.address);
  const second = await open('second', await hub.plug(), pod.address);
  const acts = await nomadActs(first, second);
  await acts.isReady();
  return { ...acts, first, second, page, ...volumeActs(acts, [first, second], page('volume.hcl')) };
}

function volumeActs(acts: NomadActs, hosts: readonly NomadHost[], file: string) {
  let plugins: readonly string[] = [];
  const container: NomadLab['container'] = (host, before = 'none') =>
    acts.eventually('the plugin runs', async () => {
      const id = await host.docker('ps', '--quiet', '--filter=name=^plugin-');
      return id !== '' && id !== before && id;
    });
  return {
    container,
    volume: async (name: string, ...changes: readonly Change[]) => {
      const renamed: Change[] = [['"pg"', `"${name}"`], ...changes];
      const text = renamed.reduce((all, [from, to]) => all.replaceAll(from, to), file);
      return acts.tryNomad('volume', 'create', await acts.file(`${name}.hcl`, text));
    },
    plugin: async (...jobs: readonly string[]) => {
      const names = jobs.map((text) => /^job "(\S+)"/m.exec(text)?.[1] ?? '');
      for (const name of plugins) if (!names.includes(name)) await acts.end(name);
      plugins = names;
      for (const [index, text] of jobs.entries()) await acts.run(names[index] ?? '', text);
    },
    // The page's jobs have the host's /run/holdfast.
    holdfast: async ({ namespace }: NomadHost, ...words: readonly string[]) => {
      const command = [
        process.execPath,
        await builtDaemon(),
        ...words,
        '--socket',
        '/run/holdfast/admin.sock',
      ];
      return succeeded(words.join(' '), await namespace.run('env', ...command));
    },
    isReleased: async (volume: string) => {
      await acts.eventually(`${volume} is released`, async () => {
        const all = await Promise.all(
          hosts.map(({ namespace }) => mountpoints(`/proc/${namespace.pid()}/mountinfo`)),
        );
        const left = all.flat().filter((path) => path.split('/').includes(volume));
        if (left.length === 0) return true;
        throw new Error(left.join(', '));
      });
    },
  };
}

function pageFile(name: string, storage: string): string {
  const files = fencesOf(readPage('docs/orchestrators/nomad.md')).map(({ text }) => text);
  const found = files.find((text) => text.startsWith(`# ${name}\n`));
  if (found === undefined) throw new Error(`The page has no file ${name}.`);
  return found
    .replace(/backend: nfs, settings: {[^}]*}/, storage)
    .replace('backend: ebs', `${storage}, defaults: { sizeMode: advisory }`);
}
