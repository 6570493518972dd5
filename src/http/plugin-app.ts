import express, { type Express, type Request, type Response } from 'express';
import type { Log } from '../core/log.ts';
import { asVolumeError, VolumeError } from '../core/volume-error.ts';
import type { VolumeDriver } from '../driver/volume-driver.ts';
import { callerOf, createDeliveries } from './delivery.ts';
import { httpStatus } from './error-table.ts';
import { createListAnswer } from './list-answer.ts';
import {
  activateAnswer,
  capabilitiesAnswer,
  createVolumeAnswer,
  emptyAnswer,
  errorAnswer,
  mountpointAnswer,
  type PluginRequest,
  parsePluginRequest,
} from './plugin-protocol.ts';
import { readBody } from './read-body.ts';

/** What a call does with what was asked; the text it resolves to is the answer. */
type Call = (asked: PluginRequest, request: Request, response: Response) => Promise<string>;

/** Calls that change nothing are logged at debug: the engine sends a Get before everything else. */
const reading: ReadonlySet<string> = new Set(['Get', 'Path', 'List', 'Capabilities', 'Activate']);

/** The Docker VolumeDriver protocol for one driver, as docs/reference/protocol.md describes it. */
export function createPluginApp(driver: VolumeDriver, log: Log): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  const list = createListAnswer(driver);
  const volumeAnswer = createVolumeAnswer(driver.name, driver.backend);
  const deliveries = createDeliveries();
  const calls: Readonly<Record<string, Call>> = {
    Get: async ({ name }) => volumeAnswer(known(await driver.get(name), name, driver)),
    Mount: async ({ name, id }, request, response) => {
      const mounted = await driver.mount(name, id, callerOf(response));
      deliveries.watch(request, response, mounted.undelivered);
      return mountpointAnswer(mounted.mountpoint);
    },
    Unmount: async ({ name, id }) => {
      await driver.unmount(name, id);
      return emptyAnswer;
    },
    Path: async ({ name }) => pathAnswer(known(await driver.get(name), name, driver).mountpoint),
    Create: async ({ name, options }) => {
      await driver.create(name, options);
      return emptyAnswer;
    },
    Remove: async ({ name }) => {
      await driver.remove(name);
      return emptyAnswer;
    },
  };
  for (const [method, call] of Object.entries(calls)) {
    app.post(`/VolumeDriver.${method}`, (request, response) => answerCall(request, response, method, call));
  }
  app.post('/VolumeDriver.List', (request, response) => answerStatic(request, response, 'List', list));
  app.post('/VolumeDriver.Capabilities', (request, response) =>
    answerStatic(request, response, 'Capabilities', () => capabilitiesAnswer(driver.capabilities)),
  );
  app.post('/Plugin.Activate', (request, response) =>
    answerStatic(request, response, 'Activate', () => activateAnswer),
  );
  app.use((request, response) => {
    const message = `There is no call ${request.method} ${request.path}: this is a Docker volume plugin.`;
    reply(response, 404, errorAnswer(message));
  });
  return app;

  async function answerCall(request: Request, response: Response, method: string, call: Call): Promise<void> {
    const started = performance.now();
    deliveries.begin(request);
    let asked: PluginRequest | undefined;
    try {
      asked = parsePluginRequest(await readBody(request));
      reply(response, 200, await call(asked, request, response));
      record(method, started, asked);
    } catch (thrown) {
      const error = asVolumeError(thrown, 'The call failed');
      reply(response, httpStatus(error.code), errorAnswer(error.message));
      record(method, started, asked, error);
    }
  }

  /** For calls that ask nothing: their body, which a retry leaves empty, is not looked at. */
  function answerStatic(
    request: Request,
    response: Response,
    method: string,
    answer: () => string | Buffer,
  ): void {
    const started = performance.now();
    request.resume();
    reply(response, 200, answer());
    record(method, started);
  }

  function record(method: string, started: number, asked?: PluginRequest, error?: VolumeError): void {
    const level = reading.has(method) ? 'debug' : error ? 'warn' : 'info';
    if (!log.enabled(level)) return;
    log.write(level, 'call', {
      method: method === 'Activate' ? 'Plugin.Activate' : `VolumeDriver.${method}`,
      driver: driver.name,
      volume: asked?.name,
      ...(method === 'Mount' || method === 'Unmount' ? { id: asked?.id } : {}),
      ms: Math.round((performance.now() - started) * 1000) / 1000,
      outcome: error?.code ?? 'ok',
      ...(error ? { error } : {}),
    });
  }
}

function known<T>(found: T | undefined, name: string, driver: VolumeDriver): T {
  if (found !== undefined) return found;
  throw new VolumeError('not-found', `Volume ${name} does not exist in driver ${driver.name}.`);
}

function pathAnswer(mountpoint: string | undefined): string {
  return mountpoint === undefined ? emptyAnswer : mountpointAnswer(mountpoint);
}

function reply(response: Response, status: number, body: string | Buffer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}
