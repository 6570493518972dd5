import { describe, expect, test } from '@jest/globals';
import { readHttpAnswer } from '../../src/dvdcli/http-answer.ts';

const body = '{"Mountpoint":"/mnt/dätä"}';
const length = Buffer.byteLength(body);
const half = Buffer.from(body).subarray(0, 19).toString('latin1');
const rest = Buffer.from(body).subarray(19).toString('latin1');

function wire(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const utf8 = Buffer.from(body).toString('latin1');
const answers: readonly (readonly [string, string, boolean])[] = [
  ['with a length', `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nX: y\r\n\r\n${utf8}`, true],
  ['in other upper and lower case', `HTTP/1.1 200\r\ncontent-length:${length} \r\n\r\n${utf8}`, true],
  ['to be closed', `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${utf8}`, false],
  [
    'in chunks',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13;x=y\r\n${half}\r\n${(length - 19).toString(16)}\r\n${rest}\r\n0\r\n\r\n`,
    true,
  ],
  [
    'in one chunk with trailers',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n${length.toString(16)}\r\n${utf8}\r\n0\r\nA: b\r\n\r\n`,
    true,
  ],
  [
    'after a 100',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${utf8}`,
    true,
  ],
];

describe('an answer', () => {
  test.each(answers)('%s is read once it is whole, cut anywhere', (_, text, reusable) => {
    const bytes = wire(text);
    expect(readHttpAnswer(bytes, false)).toEqual({ status: 200, body, reusable });
    for (let cut = 0; cut < bytes.length; cut += 1) {
      expect(readHttpAnswer(bytes.subarray(0, cut), false)).toBeUndefined();
    }
  });

  test.each(answers)('%s that ends too early is an error', (_, text) => {
    const bytes = wire(text);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(() => readHttpAnswer(bytes.subarray(0, cut), true)).toThrow(/half an HTTP answer|not HTTP/);
    }
  });

  test('without a length lasts until the end', () => {
    const bytes = wire(`HTTP/1.0 500 No\r\nServer: x\r\n\r\n${utf8}`);
    expect(readHttpAnswer(bytes, false)).toBeUndefined();
    expect(readHttpAnswer(bytes, true)).toEqual({ status: 500, body, reusable: false });
  });

  test.each([
    ['SSH-2.0-OpenSSH_9.2\r\n', 'something that is not HTTP: "SSH-2.0-OpenSSH_9.2'],
    ['\0\x01\x02\x03', 'something that is not HTTP'],
    ['HTTP/1.1 abc OK\r\n\r\n', 'something that is not HTTP'],
    ['HTTP/2 200 OK...\r\n\r\n', 'something that is not HTTP'],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', 'a length of "-1"'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n', 'a length of "99999999999"'],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'chunks without a size'],
  ])('%j is not an answer', (text, why) => {
    expect(() => readHttpAnswer(wire(text), false)).toThrow(why);
  });

  test('that never ends is given up', () => {
    const bytes = Buffer.alloc(17 * 1024 * 1024, 'HTTP/1.1 200 OK\r\n');
    expect(() => readHttpAnswer(bytes, false)).toThrow('more than 16777216 bytes');
  });
});
