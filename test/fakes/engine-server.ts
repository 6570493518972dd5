import { createServer, type ServerResponse } from 'node:http';

/** A container of the engine, and what its commands do. */
export interface ServedContainer {
  readonly id: string;
  readonly name: string;
  state: 'running' | 'paused' | 'exited';
  readonly volume: string;
  readonly driver: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface EngineServer {
  readonly socket: string;
  readonly containers: ServedContainer[];
  /** What was run: the container's name, the user and the command. */
  readonly commands: string[];
  /** By command: what it prints, and its exit code. */
  readonly outcomes: Map<string, { readonly output: string; readonly exitCode: number }>;
  /** Paths (their ends) that get no answer. */
  readonly mute: Set<string>;
  close(): Promise<void>;
}

/** Docker's API about containers that run, over a socket, with state. It refuses what Docker refuses. */
export async function serveEngine(socket: string, containers: ServedContainer[] = []): Promise<EngineServer> {
  const execs = new Map<
    string,
    { readonly container: ServedContainer; readonly command: string; run?: true }
  >();
  const served: EngineServer = {
    socket,
    containers,
    commands: [],
    outcomes: new Map(),
    mute: new Set(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };

  function answer(response: ServerResponse, status: number, body?: unknown): void {
    response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body));
  }
  const refuse = (response: ServerResponse, status: number, message: string) =>
    answer(response, status, { message });

  function onContainer(response: ServerResponse, name: string, verb: string, body: string) {
    const container = containers.find(({ id }) => id === name);
    if (container === undefined) return refuse(response, 404, `No such container: ${name}`);
    if (verb === 'json')
      return answer(response, 200, {
        Name: `/${container.name}`,
        State: { Error: '', Paused: container.state === 'paused' },
      });
    if (verb === 'pause') {
      if (container.state !== 'running')
        return refuse(
          response,
          409,
          `Container ${name} is ${container.state === 'paused' ? 'already paused' : 'not running'}`,
        );
      container.state = 'paused';
      return answer(response, 204);
    }
    if (verb === 'unpause') {
      if (container.state !== 'paused') return refuse(response, 500, `Container ${name} is not paused`);
      container.state = 'running';
      return answer(response, 204);
    }
    if (container.state !== 'running')
      return refuse(response, 409, `Container ${name} is ${container.state}, unpause or start it first`);
    const { Cmd, User } = JSON.parse(body);
    const id = `${execs.size + 1}`.padStart(8, '0');
    execs.set(id, { container, command: Cmd[2] });
    served.commands.push(`${container.name}${User ? ` as ${User}` : ''}: ${Cmd.join(' ')}`);
    answer(response, 201, { Id: id });
  }

  function onExec(response: ServerResponse, id: string, verb: string) {
    const exec = execs.get(id);
    if (exec === undefined) return refuse(response, 404, `No such exec: ${id}`);
    const { output, exitCode } = served.outcomes.get(exec.command) ?? { output: '', exitCode: 0 };
    if (verb === 'json')
      return answer(response, 200, { Running: exec.run !== true, ExitCode: exec.run ? exitCode : null });
    exec.run = true;
    response.writeHead(200);
    for (const text of [output.slice(0, 3), output.slice(3)]) {
      const header = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]);
      header.writeUInt32BE(Buffer.byteLength(text), 4);
      response.write(Buffer.concat([header, Buffer.from(text)]));
    }
    response.end();
  }

  const server = createServer(async (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    let body = '';
    for await (const chunk of request) body += chunk;
    if ([...served.mute].some((end) => path.endsWith(end))) return;
    if (path === '/containers/json')
      return answer(
        response,
        200,
        containers.map(({ id, name, state, volume, driver, labels = {} }) => ({
          Id: id,
          Names: [`/${name}`],
          State: state,
          Labels: labels,
          Mounts: [{ Type: 'volume', Name: volume, Driver: driver, Destination: '/data' }],
        })),
      );
    const [, kind, id = '', verb = ''] = path.split('/');
    if (kind === 'containers') return onContainer(response, id, verb, body);
    if (kind === 'exec') return onExec(response, id, verb);
    refuse(response, 404, 'page not found');
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return served;
}
