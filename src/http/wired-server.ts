import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Express } from 'express';

/**
 * An HTTP server for an Express application, without the cost that Express adds to each request: it sets the prototype of
 * every request and response, which is the most expensive thing it does. Here they are born with the prototypes it wants,
 * so that there is nothing left to set (measured: docs/performance.md).
 */
export function createWiredServer(app: Express): Server {
  class WiredRequest extends IncomingMessage {}
  class WiredResponse extends ServerResponse {}
  Object.setPrototypeOf(WiredRequest.prototype, app.request);
  Object.setPrototypeOf(WiredResponse.prototype, app.response);
  Object.defineProperty(app, 'request', { value: WiredRequest.prototype });
  Object.defineProperty(app, 'response', { value: WiredResponse.prototype });
  const server = createServer({ IncomingMessage: WiredRequest, ServerResponse: WiredResponse }, app);
  // Docker's client keeps its connection; one that is closed under it costs a retry.
  server.keepAliveTimeout = 0;
  return server;
}
