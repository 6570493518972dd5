/** Where Docker looks for plugins. */
export interface Places {
  readonly sockets: string;
  /** Folders of `NAME.spec` and `NAME.json`. */
  readonly specs: readonly string[];
  /** The engine's configuration, which may name another folder for its data. */
  readonly engineConfig: string;
  /** The engine's data, with the managed plugins it has installed. */
  readonly engineData: string;
  readonly mountTable: string;
}

/** `sockets` is another folder of sockets, as the daemon's `HOLDFAST_SOCKET_DIR`. */
export function usualPlaces(sockets?: string): Places {
  return {
    sockets: sockets || '/run/docker/plugins',
    specs: ['/etc/docker/plugins', '/usr/lib/docker/plugins'],
    engineConfig: '/etc/docker/daemon.json',
    engineData: '/var/lib/docker',
    mountTable: '/proc/self/mountinfo',
  };
}

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tls'; readonly host: string; readonly port: number; readonly files: TlsFiles };

export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure: boolean;
}

/** A plugin that Docker would talk to under the name asked for. */
export interface Plugin {
  readonly address: Address;
  /** For messages. */
  readonly where: string;
  /** A path of the plugin as a path of this host: a managed plugin has a root of its own. */
  hostPath(path: string): string;
}

export function unixPlugin(path: string): Plugin {
  return { address: { kind: 'unix', path }, where: path, hostPath: (inside) => inside };
}
