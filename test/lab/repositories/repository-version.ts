import { createCipheriv, createDecipheriv, scryptSync } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { field, type Json, numberField, textField } from '../../../src/core/json.ts';

/** A key of restic: see "Keys, Encryption and MAC" of its design. */
interface Key {
  readonly encrypt: Buffer;
  readonly k: Buffer;
  readonly r: Buffer;
}

const ivBytes = 16;
const macBytes = 16;

/** Changes the version that a repository's encrypted configuration names, as a restic of another time would have written it. */
export function setRepositoryVersion(repository: string, password: string, version: number): void {
  const [name = ''] = readdirSync(join(repository, 'keys'));
  const file: Json = JSON.parse(readFileSync(join(repository, 'keys', name), 'utf8'));
  const base64 = (value: Json, key: string) => Buffer.from(textField(value, key), 'base64');
  const [N, r, p] = ['N', 'r', 'p'].map((key) => numberField(file, key));
  const derived = scryptSync(password, base64(file, 'salt'), 64, { N, r, p, maxmem: 2 ** 30 });
  const user = { encrypt: derived.subarray(0, 32), k: derived.subarray(32, 48), r: derived.subarray(48) };
  const master: Json = JSON.parse(opened(user, base64(file, 'data')).toString());
  const mac = field(master, 'mac');
  const key = { encrypt: base64(master, 'encrypt'), k: base64(mac, 'k'), r: base64(mac, 'r') };
  const place = join(repository, 'config');
  const config: object = JSON.parse(opened(key, readFileSync(place)).toString());
  chmodSync(place, 0o600);
  writeFileSync(place, sealed(key, Buffer.from(JSON.stringify({ ...config, version }))));
}

function opened({ encrypt }: Key, text: Buffer): Buffer {
  const cipher = createDecipheriv('aes-256-ctr', encrypt, text.subarray(0, ivBytes));
  return cipher.update(text.subarray(ivBytes, -macBytes));
}

function sealed(key: Key, plain: Buffer): Buffer {
  const iv = Buffer.alloc(ivBytes, 7);
  const text = createCipheriv('aes-256-ctr', key.encrypt, iv).update(plain);
  const once = createCipheriv('aes-128-ecb', key.k, null).update(iv);
  return Buffer.concat([iv, text, poly1305(key.r, once, text)]);
}

/** RFC 8439, with a pad of AES. */
function poly1305(r: Buffer, pad: Buffer, text: Buffer): Buffer {
  const factor = little(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < text.length; at += 16)
    sum =
      ((sum + little(Buffer.concat([text.subarray(at, at + 16), Buffer.of(1)]))) * factor) %
      (2n ** 130n - 5n);
  const tag = (sum + little(pad)) % 2n ** 128n;
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

function little(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
