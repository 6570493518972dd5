import { closeSync } from 'node:fs';
import type { Callers, Library } from './callers.ts';

/** AF_UNIX, SOCK_DGRAM, SOCK_CLOEXEC, SOCK_NONBLOCK and MSG_NOSIGNAL of bits/socket.h, but for MIPS and SPARC. */
const unixFamily = 1;
const datagramSocket = 2 | 0o2000000 | 0o4000;
const noSignal = 0x4000;

/** See `SystemCalls.sendDatagram`. */
export function datagramSender(
  library: Library,
  check: Callers['check'],
): (socket: string, text: string) => void {
  const socket = library.func('socket', 'int', ['int', 'int', 'int']);
  const sendto = library.func('sendto', 'long', ['int', 'void *', 'size_t', 'int', 'void *', 'uint']);
  return (name, text) => {
    const address = socketAddress(name);
    const body = Buffer.from(text);
    const fd = check(socket(unixFamily, datagramSocket, 0), 'socket', name);
    try {
      check(sendto(fd, body, body.length, noSignal, address, address.length), 'sendto', name);
    } finally {
      closeSync(fd);
    }
  };
}

/** `struct sockaddr_un` of unix(7): the family in the machine's byte order, then the name, which a zero byte makes abstract. */
function socketAddress(name: string): Uint8Array {
  const family = new Uint8Array(Uint16Array.of(unixFamily).buffer);
  return Buffer.concat([family, Buffer.from(name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`)]);
}
