import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Action, Answer } from '../actions/action.ts';
import { actions } from '../actions/index.ts';
import type { Account } from '../cloud/account.ts';
import { pause } from '../cloud/clock.ts';
import type { Fault, Faults } from '../cloud/faults.ts';
import { authorize, type Keys } from '../cloud/keys.ts';
import { Ec2Error, throttled } from './ec2-error.ts';
import { readText } from './http-listener.ts';
import { type Parameters, parseParameters, refuseUnknown } from './parameters.ts';
import type { RequestLog } from './request-log.ts';
import { answerXml, errorXml } from './xml.ts';

export interface ApiParts {
  readonly account: Account;
  readonly keys: Keys;
  readonly faults: Faults;
  readonly log: RequestLog;
  /** False if the request exceeds the limit. */
  readonly admit: (action: string, parameters: Parameters) => boolean;
  /** Milliseconds that a request takes. */
  readonly latency: () => number;
  readonly watch: Watch;
}

/**
 * Called before each action, and again after it, before the answer is sent. `drop` cuts the connection at that moment: the
 * action is not done in the first case, and done in the second.
 */
export type Watch = (call: WatchedCall) => WatchResult | Promise<WatchResult>;

type WatchResult = 'drop' | undefined;

interface WatchedCall {
  readonly moment: 'before' | 'after';
  readonly action: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The Query protocol: a form in, XML out. */
export function serveApi(parts: ApiParts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const query = request.url?.split('?')[1] ?? '';
    const parameters = parseParameters(request.method === 'POST' ? await readText(request) : query);
    const name = parameters.text('Action') ?? '';
    const fault = parts.faults.take(name);
    await pause(parts.account.clock, parts.latency() + (fault?.kind === 'slow' ? fault.milliseconds : 0));
    if (fault?.kind === 'not-received') {
      parts.log.add(name, parameters.entries, fault.kind);
      response.destroy();
      return;
    }
    const reply = await replyTo(parts, { name, parameters, headers: request.headers, fault });
    if (reply === 'drop') response.destroy();
    else send(response, reply, fault);
  };
}

interface Request {
  readonly name: string;
  readonly parameters: Parameters;
  readonly headers: IncomingHttpHeaders;
  readonly fault: Fault | undefined;
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

async function replyTo(parts: ApiParts, request: Request): Promise<Reply | 'drop'> {
  const { name, parameters } = request;
  const id = randomUUID();
  const { entries } = parameters;
  try {
    const call = { action: name, parameters: entries };
    if ((await parts.watch({ moment: 'before', ...call })) === 'drop') return 'drop';
    const answer = await perform(parts, request);
    parts.log.add(name, entries, 'done');
    if ((await parts.watch({ moment: 'after', ...call })) === 'drop') return 'drop';
    return { status: 200, body: answerXml(name, id, answer) };
  } catch (error) {
    const refusal = asEc2Error(error);
    parts.log.add(name, entries, refusal.code);
    return { status: refusal.status, body: errorXml(id, refusal.code, refusal.message) };
  }
}

async function perform({ account: first, keys, admit }: ApiParts, request: Request): Promise<Answer> {
  const { name, parameters, headers, fault } = request;
  if (name === '') throw new Ec2Error('MissingAction', 'The request must contain the parameter Action');
  const { key, account } = keys.authenticate(headers, first.regions);
  if (fault?.kind === 'throttled' || !admit(name, parameters)) throw throttled();
  if (fault?.kind === 'error') throw new Ec2Error(fault.code, fault.message, fault.status);
  const action = actionOf(name);
  authorize(key, name, parameters);
  refuseUnknown(parameters, action.parameters);
  if (parameters.flag('DryRun')) {
    const message = 'Request would have succeeded, but DryRun flag is set.';
    throw new Ec2Error('DryRunOperation', message, 412);
  }
  return action.run({ account, parameters, fault });
}

function actionOf(name: string): Action {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action) return action;
  throw new Ec2Error('InvalidAction', `The action ${name} is not valid for this web service.`);
}

function asEc2Error(error: unknown): Ec2Error {
  return error instanceof Ec2Error ? error : new Ec2Error('InternalError', String(error), 500);
}

function send(response: ServerResponse, { status, body }: Reply, fault: Fault | undefined): void {
  if (fault?.kind === 'unanswered') return;
  if (fault?.kind === 'reply-lost' && fault.as === 'cut') {
    response.destroy();
    return;
  }
  const lost = fault?.kind === 'reply-lost';
  const text = lost ? errorXml(randomUUID(), 'InternalError', 'An internal error has occurred') : body;
  response.writeHead(lost ? 500 : status, { 'Content-Type': 'text/xml;charset=UTF-8', Server: 'AmazonEC2' });
  response.end(text);
}
