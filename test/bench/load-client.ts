import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A persistent connection that sends one request after the other, with little overhead. */
export interface LoadConnection {
  /** Resolves when the answer is there. Rejects for any status but 2xx. */
  call(path: string, body: string): Promise<void>;
  /** Bytes of the last answer's body. */
  lastLength(): number;
  close(): void;
}

export async function openConnection(socketPath: string): Promise<LoadConnection> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  let length = 0;
  return {
    call(path, body) {
      const answer = nextAnswer(socket, (bytes) => {
        length = bytes;
      });
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
      return answer;
    },
    lastLength: () => length,
    close: () => socket.destroy(),
  };
}

/** Reads one answer by its Content-Length. Our servers send the head in one piece. */
function nextAnswer(socket: Socket, told: (length: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let wanted = 0;
    let head = '';
    function onData(chunk: Buffer): void {
      if (received === 0) {
        const end = chunk.indexOf('\r\n\r\n') + 4;
        head = chunk.toString('latin1', 0, end);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
        wanted = end + length;
        told(length);
      }
      received += chunk.length;
      if (received < wanted) return;
      socket.off('data', onData);
      if (/^HTTP\/1\.1 2\d\d /.test(head)) resolve();
      else reject(new Error(`not answered with success: ${chunk}`));
    }
    socket.on('data', onData);
    if (socket.destroyed) reject(new Error('the server closed the connection'));
  });
}
