export interface Engine {
  /** For messages: "Docker". */
  readonly name: string;
  /** The command of the engine: "docker". */
  readonly command: string;
  readonly socket: string;
}

/** The engines and their default sockets. */
export const usualEngines: readonly Engine[] = [
  { name: 'Docker', command: 'docker', socket: '/run/docker.sock' },
  { name: 'Podman', command: 'podman', socket: '/run/podman/podman.sock' },
];
export const usualSockets: readonly string[] = usualEngines.map(({ socket }) => socket);
