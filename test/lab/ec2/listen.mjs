// Runs in the network namespace that is to be listened in, and hands the listening socket to the process that forked it:
// a socket belongs to the namespace that it was made in. Called with an address and a port.
import { createServer } from 'node:net';

const [address, port] = process.argv.slice(2);
const server = createServer();
server.listen(Number(port), address, () => process.send('listening', server, () => process.exit()));
