import type { Socket } from 'node:net';
import express, { type Express, type Request, type Response } from 'express';
import type { Log } from '../../core/log.ts';
import type { VolumeName } from '../../core/names.ts';
import { asVolumeError, type VolumeError } from '../../core/volume-error.ts';
import type { VolumeDriver, VolumeView } from '../../driver/volume-driver.ts';
import { callerOf, createDeliveries } from '../delivery.ts';
import { httpStatus } from '../error-table.ts';
import { readBody } from '../read-body.ts';
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
} from './protocol.ts';

/** Handles a call. Resolves to the body of the answer. */
type Call = (
  driver: VolumeDriver,
  asked: PluginRequest,
  request: Request,
  response: Response,
) => Promise<string>;

/** Calls that only read, which are logged at debug: the engine sends a Get before every other call. */
const reading: ReadonlySet<string> = new Set(['Get', 'Path', 'List', 'Capabilities', 'Activate']);

/** How the calls of one connection reach the driver, so that their caller is known. */
export interface PluginDoor {
  driverFor(socket: Socket): VolumeDriver;
  /** Called for a call that was refused before it reached the driver, because its request is invalid. */
  refused(socket: Socket, method: string, error: VolumeError): void;
}

/** The Docker VolumeDriver protocol for one driver, as docs/reference/protocol.md describes it. */
export function createPluginApp(
  driver: VolumeDriver,
  log: Log,
  door: PluginDoor = { driverFor: () => driver, refused: () => undefined },
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  const list = createListAnswer(driver);
  const volumeAnswer = createVolumeAnswer(driver);
  const deliveries = createDeliveries();
  const calls: Readonly<Record<string, Call>> = {
    Get: async (driver, { name }) => volumeAnswer(await found(driver, name)),
    Mount: async (driver, { name, id }, request, response) => {
      const mounted = await driver.mount(name, id, callerOf(response));
      deliveries.watch(request, response, mounted.undelivered);
      return mountpointAnswer(mounted.mountpoint);
    },
    Unmount: async (driver, { name, id }) => {
      await driver.unmount(name, id);
      return emptyAnswer;
    },
    Path: async (driver, { name }) => pathAnswer((await found(driver, name)).mountpoint),
    Create: async (driver, { name, options }) => {
      await driver.create(name, options);
      return emptyAnswer;
    },
    Remove: async (driver, { name }) => {
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
    reply(response, 404, errorAnswer({ message }));
  });
  return app;

  async function answerCall(request: Request, response: Response, method: string, call: Call): Promise<void> {
    const started = performance.now();
    deliveries.begin(request);
    let asked: PluginRequest | undefined;
    try {
      asked = parsePluginRequest(await readBody(request));
      reply(response, 200, await call(door.driverFor(request.socket), asked, request, response));
      record(method, started, asked);
    } catch (thrown) {
      const error = asVolumeError(thrown, 'The call failed');
      reply(response, httpStatus(error.code), errorAnswer(error));
      record(method, started, asked, error);
      if (asked === undefined) door.refused(request.socket, method, error);
    }
  }

  /** For calls without fields: their body is not read, because a retry leaves it empty. */
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

async function found(driver: VolumeDriver, name: VolumeName): Promise<VolumeView> {
  const view = await driver.get(name);
  if (view !== undefined) return view;
  throw await driver.missing(name);
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
