import { createServer, IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** An HTTP server whose application can be replaced while it listens. */
interface SwitchedServer {
  readonly server: Server;
  /** Takes all later requests, also those of connections that are open already. */
  show(app: Express): void;
  /** Takes them until an application is shown again. */
  refuse(listener: RequestListener): void;
}

/**
 * An HTTP server for an Express application, without the cost of Express per request: most of that is setting the prototype of
 * each request and response. Here they are made with the prototypes that Express wants (measured: docs/performance.md).
 */
export function createWiredServer(app: Express): Server {
  const { server, show } = createSwitchedServer();
  show(app);
  return server;
}

/** The same for an application that the first request loads. `fail` answers if that fails; the next request tries again. */
export function createLateServer(
  load: () => Promise<Express>,
  fail: (response: ServerResponse, error: unknown) => void,
): Server {
  const { server, show, refuse } = createSwitchedServer();
  refuse(async (request, response) => {
    try {
      const app = await load();
      show(app);
      app(request, response);
    } catch (error) {
      fail(response, error);
    }
  });
  return server;
}

/** The same for an application that comes later. Until then the connections wait for `show` or `refuse`. */
export function createSwitchedServer(): SwitchedServer {
  class WiredRequest extends IncomingMessage {}
  class WiredResponse extends ServerResponse {}
  const server = createServer({ IncomingMessage: WiredRequest, ServerResponse: WiredResponse });
  // Docker's client keeps its connection; one that is closed under it costs a retry.
  server.keepAliveTimeout = 0;
  /** The prototypes that shown applications came with. */
  const own = new WeakMap<Express, Pick<Express, 'request' | 'response'>>();
  const take = (listener: RequestListener): void => {
    server.removeAllListeners('request');
    server.on('request', listener);
  };
  return {
    server,
    show(app) {
      const { request, response } = own.get(app) ?? { request: app.request, response: app.response };
      own.set(app, { request, response });
      Object.setPrototypeOf(WiredRequest.prototype, request);
      Object.setPrototypeOf(WiredResponse.prototype, response);
      Object.defineProperty(app, 'request', { value: WiredRequest.prototype });
      Object.defineProperty(app, 'response', { value: WiredResponse.prototype });
      take(app);
    },
    refuse(listener) {
      Object.setPrototypeOf(WiredRequest.prototype, IncomingMessage.prototype);
      Object.setPrototypeOf(WiredResponse.prototype, ServerResponse.prototype);
      take(listener);
    },
  };
}
