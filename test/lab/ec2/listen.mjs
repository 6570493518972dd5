// Listens in its own network namespace, and passes the socket to the process that forked it: a socket stays in the namespace
// in which it was created. Called with an address and a port.
import { createServer } from 'node:net';

const [address, port] = process.argv.slice(2);
const server = createServer();
server.listen(Number(port), address, () => process.send('listening', server, () => process.exit()));
