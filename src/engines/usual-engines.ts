export interface Engine {
  /** For messages: "Docker", or "Docker on /run/other.sock". */
  readonly name: string;
  readonly kind: 'Docker' | 'Podman';
  /** The command of the engine: "docker", or "docker -H unix:///run/other.sock". */
  readonly command: string;
  readonly socket: string;
  /** Whether it has the default socket. */
  readonly isUsual: boolean;
}

/** The engines on their default sockets. */
export const usualEngines: readonly Engine[] = [
  {
    name: 'Docker',
    kind: 'Docker',
    command: 'docker',
    socket: '/run/docker.sock',
    isUsual: true,
  },
  {
    name: 'Podman',
    kind: 'Podman',
    command: 'podman',
    socket: '/run/podman/podman.sock',
    isUsual: true,
  },
];
export const usualSockets: readonly string[] = usualEngines.map(({ socket }) => socket);

/** The engine with this socket, as its process names it. */
export function engineAt(kind: Engine['kind'], path: string): Engine {
  // The one is a link to the other (FHS 3.0).
  const socket = path.replace(/^\/var\/run\//, '/run/');
  const usual = usualEngines.find((engine) => engine.kind === kind && engine.socket === socket);
  if (usual !== undefined) return usual;
  const where = `unix://${typed(socket)}`;
  const command = kind === 'Docker' ? `docker -H ${where}` : `podman --url ${where}`;
  return { name: `${kind} on ${socket}`, kind, command, socket, isUsual: false };
}

/** As a word for a shell: the path is what another process chose. */
function typed(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
