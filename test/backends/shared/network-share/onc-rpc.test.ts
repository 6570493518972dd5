import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeReplies,
  encodeCalls,
  hasReplies,
  type RpcReply,
  xdrBytes,
} from '../../../../src/backends/shared/network-share/onc-rpc.ts';
import { answersNull, record, reply, words } from './null-answer.ts';

const id = 0xdeadbeef;
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const nullCall = { id, program: 100003, version: 4, procedure: 0, args: new Uint8Array() };
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('a call', () => {
  test('without arguments is one record of 40 bytes: no credentials, no verifier', () => {
    expect(encodeCalls([nullCall]).toString('hex')).toBe(
      ['80000028', 'deadbeef', '00000000', '00000002', '000186a3', '00000004', '00000000']
        .concat(['00000000', '00000000', '00000000', '00000000'])
        .join(''),
    );
  });
  test('has its arguments at the end, and the next call after it', () => {
    const bytes = encodeCalls([{ ...nullCall, args: xdrBytes('abcde') }, nullCall]);
    expect(bytes.subarray(0, 4)).toEqual(hex('80000034'));
    expect(bytes.subarray(44, 56)).toEqual(hex('00000005 61626364 65000000'));
    expect(bytes.subarray(56)).toEqual(encodeCalls([nullCall]));
  });
});

// What the NFS server of Linux 6.1 says.
const served = hex('80000018 deadbeef 00000001 00000000 00000000 00000000 00000000');
const mismatch = hex('80000020 deadbeef 00000001 00000000 00000000 00000000 00000002 00000003 00000004');

const decoded = (bytes: Uint8Array) => decodeReplies(bytes).get(id);
const otherVersions: RpcReply = { kind: 'other-versions', low: 3, high: 4 };
const noResults: RpcReply = { kind: 'results', results: Buffer.alloc(0) };

describe('a reply', () => {
  test('has the results, or says which versions there are', () => {
    expect(decoded(served)).toEqual(noResults);
    expect(decoded(reply(id, 0, 7, 8))).toEqual({ kind: 'results', results: words(7, 8) });
    expect(decoded(mismatch)).toEqual(otherVersions);
  });
  test.each([
    ['no such program', reply(id, 1), 'no-such-program'],
    ['no such procedure', reply(id, 3), 'denied'],
    ['a system error', reply(id, 5), 'denied'],
    ['credentials are too weak', record(words(id, 1, 1, 1, 5)), 'denied'],
    ['a verifier before the status', record(words(id, 1, 0, 6, 5, 1, 0x01_000000, 0)), 'results'],
    ['to another call', reply(id + 1, 0), undefined],
    ['a call instead of a reply', record(words(id, 0, 0, 0, 0, 0)), undefined],
    ['neither accepted nor denied', record(words(id, 1, 2, 0, 0, 0)), undefined],
    ['without a status', record(words(id, 1, 0, 0, 0)), undefined],
    ['of versions that are missing', record(words(id, 1, 0, 0, 0, 2, 3)), undefined],
    ['a verifier longer than the record', record(words(id, 1, 0, 0, 0xffff_fffc, 0)), undefined],
    ['empty', record(words()), undefined],
    ['of a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), undefined],
    ['of an SSH server', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), undefined],
  ])('%s', (_, bytes, kind) => {
    expect(decoded(bytes)?.kind).toBe(kind);
  });
  test('is matched to its call on a shared connection, in any order', () => {
    const bytes = Buffer.concat([reply(2, 0, 22), record(words(5)), reply(1, 0, 11)]);
    expect(decodeReplies(bytes)).toEqual(
      new Map([
        [2, { kind: 'results', results: words(22) }],
        [1, { kind: 'results', results: words(11) }],
      ]),
    );
  });

  test('is complete exactly with its last fragment, however it is split', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(100), (most, cut) => {
        const bytes = record(words(id, 1, 0, 0, 0, 2, 3, 4), most);
        expect(decoded(bytes)).toEqual(otherVersions);
        const part = bytes.subarray(0, Math.min(cut, bytes.length));
        expect(hasReplies(part, 1, 1024)).toBe(part.length === bytes.length);
        const two = Buffer.concat([served, part]);
        expect(hasReplies(two, 2)).toBe(part.length === bytes.length);
      }),
    );
  });
  test('that is longer than possible is not waited for: the server speaks another protocol', () => {
    expect(hasReplies(Buffer.from('HTTP/1.1 400 Bad Request'), 1, 1024)).toBe(true);
    expect(hasReplies(Buffer.from('HTTP/1.1 400 Bad Request'), 1)).toBe(false);
    expect(hasReplies(Buffer.alloc(5000), 1, 1024)).toBe(true);
    expect(hasReplies(Buffer.alloc(0), 1, 1024)).toBe(false);
  });
  test('never crashes the reader, with any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        expect(typeof hasReplies(bytes, 1, 1024)).toBe('boolean');
        for (const { kind } of decodeReplies(bytes).values())
          expect(kind).toMatch(/^(results|other-versions|no-such-program|denied)$/);
      }),
    );
    fc.assert(
      fc.property(fc.array(uint32, { maxLength: 20 }), (values) => {
        decodeReplies(record(words(id, 1, ...values)));
      }),
    );
  });
  test('can be in the middle of a larger buffer', () => {
    const larger = Buffer.concat([Buffer.from('abc'), mismatch]);
    expect(decoded(larger.subarray(3))).toEqual(otherVersions);
  });
  test('is the answer to one of the calls that were sent', () => {
    fc.assert(
      fc.property(fc.uniqueArray(uint32, { minLength: 1, maxLength: 5 }), (ids) => {
        const answer = answersNull(encodeCalls(ids.map((anyId) => ({ ...nullCall, id: anyId }))));
        if (!(answer instanceof Uint8Array)) throw new Error('no answer');
        expect(hasReplies(answer, ids.length)).toBe(true);
        expect(hasReplies(answer, ids.length + 1)).toBe(false);
        expect(decodeReplies(answer)).toEqual(new Map(ids.map((anyId) => [anyId, noResults])));
      }),
    );
  });
});
