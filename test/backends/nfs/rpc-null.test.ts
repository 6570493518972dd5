import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeNullReply, encodeNullCall, isWholeReply } from '../../../src/backends/nfs/rpc-null.ts';
import { answersNull, record, reply, words } from './null-answer.ts';

const id = 0xdeadbeef;
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('the NULL call', () => {
  test('is one record of 40 bytes: no procedure, no credentials, no arguments', () => {
    const call = encodeNullCall({ id, program: 100003, version: 4 });
    expect(Buffer.from(call).toString('hex')).toBe(
      ['80000028', 'deadbeef', '00000000', '00000002', '000186a3', '00000004', '00000000']
        .concat(['00000000', '00000000', '00000000', '00000000'])
        .join(''),
    );
  });
});

// What the NFS server of Linux 6.1 says.
const served = hex('80000018 deadbeef 00000001 00000000 00000000 00000000 00000000');
const mismatch = hex('80000020 deadbeef 00000001 00000000 00000000 00000000 00000002 00000003 00000004');

describe('a reply', () => {
  test('says that the version is served, or which are', () => {
    expect(decodeNullReply(served, id)).toEqual({ kind: 'served' });
    expect(decodeNullReply(mismatch, id)).toEqual({ kind: 'other-versions', low: 3, high: 4 });
  });
  test.each([
    ['no NFS here', reply(id, 1), 'no-such-program'],
    ['no procedure 0', reply(id, 3), 'denied'],
    ['a system error', reply(id, 5), 'denied'],
    ['credentials are too weak', record(words(id, 1, 1, 1, 5)), 'denied'],
    ['a verifier before the status', record(words(id, 1, 0, 6, 5, 1, 0x01_000000, 0)), 'served'],
    ['to another call', reply(id + 1, 0), 'gibberish'],
    ['a call and no reply', record(words(id, 0, 0, 0, 0, 0)), 'gibberish'],
    ['without a status', record(words(id, 1, 0, 0, 0)), 'gibberish'],
    ['of versions that are missing', record(words(id, 1, 0, 0, 0, 2, 3)), 'gibberish'],
    ['a verifier longer than the record', record(words(id, 1, 0, 0, 0xffff_fffc, 0)), 'gibberish'],
    ['empty', record(words()), 'gibberish'],
    ['of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'gibberish'],
    ['of an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), 'gibberish'],
  ])('%s', (_, bytes, kind) => {
    expect(decodeNullReply(bytes, id)).toEqual({ kind });
  });

  test('is whole with its last fragment, however it is cut, and not before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(100), (most, cut) => {
        const bytes = record(words(id, 1, 0, 0, 0, 2, 3, 4), most);
        expect(decodeNullReply(bytes, id)).toEqual({ kind: 'other-versions', low: 3, high: 4 });
        const part = bytes.subarray(0, Math.min(cut, bytes.length));
        expect(isWholeReply(part)).toBe(part.length === bytes.length);
      }),
    );
  });
  test('of a server that speaks another protocol is not waited for', () => {
    expect(isWholeReply(Buffer.from('HTTP/1.1 400 Bad Request'))).toBe(true);
    expect(isWholeReply(Buffer.alloc(5000))).toBe(true);
    expect(isWholeReply(Buffer.alloc(0))).toBe(false);
  });
  test('never makes the reader fail, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(typeof isWholeReply(bytes)).toBe('boolean');
        expect(decodeNullReply(bytes, id).kind).toMatch(
          /^(served|other-versions|no-such-program|denied|gibberish)$/,
        );
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 20 }), (values) => {
        decodeNullReply(record(words(id, 1, ...values)), id);
      }),
    );
  });
  test('is read from the middle of a larger buffer, too', () => {
    const larger = Buffer.concat([Buffer.from('abc'), mismatch]);
    expect(decodeNullReply(larger.subarray(3), id)).toEqual({ kind: 'other-versions', low: 3, high: 4 });
  });
  test('answers the call that was made', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (anyId) => {
        const answer = answersNull(encodeNullCall({ id: anyId, program: 100003, version: 3 }));
        if (!(answer instanceof Uint8Array)) throw new Error('no answer');
        expect(decodeNullReply(answer, anyId)).toEqual({ kind: 'served' });
      }),
    );
  });
});
