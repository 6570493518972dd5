import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { answerCall, type MasterInfo, registryAnswer } from './calls.ts';
import type { ClusterState } from './cluster.ts';
import { type Accounts, authenticate } from './credentials.ts';
import { Refusal } from './resources.ts';

/**
 * A fault of one master. `recovering`: it leads, but has not read its registry yet. `hang`: it accepts requests, but never
 * answers. `half`: it breaks off its answers. `garbage`: it answers invalid JSON. `usurper`: it always claims to lead.
 * `elsewhere`: it redirects to this address.
 */
type Fault = 'recovering' | 'hang' | 'half' | 'garbage' | 'usurper' | { readonly elsewhere: string };

export interface MasterParts {
  readonly state: ClusterState;
  readonly id: string;
  readonly accounts: Accounts | undefined;
  readonly tls: { readonly key: string; readonly cert: string } | undefined;
  /** Where the leader is: `//127.0.0.1:5050`; undefined: there is none. */
  leaderAddress(): string | undefined;
}

export interface Master {
  readonly id: string;
  readonly url: string;
  fault: Fault | undefined;
  /** `POST /api/v1 GET_AGENTS`, in the order of their arrival. */
  readonly requests: string[];
  /** Closes its port. */
  close(): Promise<void>;
}

/** On a free port of 127.0.0.1. */
export async function startMaster(parts: MasterParts): Promise<Master> {
  const requests: string[] = [];
  let info: MasterInfo = { id: parts.id, hostname: '127.0.0.1', port: 0 };
  const master: Pick<Master, 'fault'> = { fault: undefined };
  const listener: RequestListener = (request, response) => {
    handle(request, response, { ...parts, info, requests, fault: master.fault }).catch(() =>
      response.destroy(),
    );
  };
  const server = parts.tls === undefined ? createServer(listener) : createTlsServer(parts.tls, listener);
  await listenLocally(server);
  const address = server.address();
  info = { ...info, port: typeof address === 'object' && address ? address.port : 0 };
  return Object.assign(master, {
    id: parts.id,
    url: `${parts.tls === undefined ? 'http' : 'https'}://127.0.0.1:${info.port}`,
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function listenLocally(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}

interface Handling extends MasterParts {
  readonly info: MasterInfo;
  readonly requests: string[];
  readonly fault: Fault | undefined;
}

async function handle(request: IncomingMessage, response: ServerResponse, handling: Handling): Promise<void> {
  const { state, info, fault, requests, accounts, leaderAddress } = handling;
  const { method = '', url: path = '' } = request;
  const body = await readText(request);
  requests.push(`${method} ${path} ${/"type":"(\w+)"/.exec(body)?.[1] ?? ''}`.trim());
  if (fault === 'hang') return;
  const caller = authenticate(accounts, request.headers.authorization);
  const leads = fault === 'usurper' || state.leader?.masterId === info.id;
  if (/^\/(master\/)?redirect$/.test(path)) return redirect(response, leaderAddress(), '');
  if (caller === undefined) {
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="mesos-master-readwrite"' }).end();
    return;
  }
  if (path === '/registrar(1)/registry')
    return send(response, 200, leads ? registryAnswer(state, info) : {}, fault);
  if (!/^\/(master\/)?api\/v1$/.test(path)) return refuse(response, 404, '');
  // The checks have the order of Master::Http::api (docs/design/mesos-rules.md#operator-api).
  if (typeof fault === 'object') return redirect(response, fault.elsewhere, path);
  if (!leads) return redirect(response, leaderAddress(), path);
  if (fault === 'recovering') return refuse(response, 503, 'Master has not finished recovery');
  if (method !== 'POST')
    return refuse(response, 405, `Expecting one of { 'POST' }, but received '${method}'`);
  const type = request.headers['content-type'];
  if (type === undefined) return refuse(response, 400, "Expecting 'Content-Type' to be present");
  if (type !== 'application/json')
    return refuse(response, 415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
  answer(response, body, caller.principal, handling);
}

function answer(
  response: ServerResponse,
  body: string,
  principal: string | undefined,
  { state, info, fault, accounts }: Handling,
): void {
  try {
    const call = parsed(body);
    const isLook = /"type":"GET_/.test(body);
    if (!isLook && principal !== undefined && accounts?.readOnly?.includes(principal))
      throw new Refusal(403, '');
    const answered = answerCall(call, state, info, principal);
    if (answered === undefined) response.writeHead(202).end();
    else send(response, 200, answered, fault);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(response, error.status, error.message);
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Refusal(400, `Failed to parse body into JSON: ${String(error)}`);
  }
}

function redirect(response: ServerResponse, to: string | undefined, path: string): void {
  if (to === undefined) refuse(response, 503, 'No leader elected');
  else response.writeHead(307, { Location: `${to}${path}` }).end();
}

function refuse(response: ServerResponse, status: number, words: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(words);
}

function send(response: ServerResponse, status: number, value: object, fault: Fault | undefined): void {
  const text = fault === 'garbage' ? '<html>Bad Gateway</html>' : JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  if (fault !== 'half') {
    response.end(text);
    return;
  }
  response.write(text.slice(0, text.length / 2), () => response.destroy());
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
