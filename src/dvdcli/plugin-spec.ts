import { readFileSync, statSync } from 'node:fs';
import { field, textField } from '../core/json.ts';
import { quote } from '../core/names.ts';
import { VolumeError } from '../core/volume-error.ts';
import { type Address, type Plugin, type TlsFiles, unixPlugin } from './plugin.ts';

/** The first of `NAME.spec`, `NAME/NAME.spec`, `NAME.json`, `NAME/NAME.json` in the folders, in their order. */
export function findPluginSpec(driver: string, folders: readonly string[]): Plugin | undefined {
  for (const folder of folders) {
    for (const name of ['spec', 'json'].flatMap((ext) => [
      `${driver}.${ext}`,
      `${driver}/${driver}.${ext}`,
    ])) {
      const file = `${folder}/${name}`;
      if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
      const text = readFileSync(file, 'utf8').trim();
      return name.endsWith('.json') ? fromJson(file, text) : pluginAt(file, text, undefined);
    }
  }
  return undefined;
}

/** `{"Name", "Addr", "TLSConfig": {"InsecureSkipVerify", "CAFile", "CertFile", "KeyFile"}}` */
function fromJson(file: string, text: string): Plugin {
  const value = parsed(file, text);
  const tls = field(value, 'TLSConfig');
  return pluginAt(file, textField(value, 'Addr'), {
    ...named('ca', textField(tls, 'CAFile')),
    ...named('cert', textField(tls, 'CertFile')),
    ...named('key', textField(tls, 'KeyFile')),
    insecure: field(tls, 'InsecureSkipVerify') === true,
  });
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VolumeError('invalid', `${file} is not JSON: it should say how to reach the plugin.`, {
      cause,
    });
  }
}

function named(key: 'ca' | 'cert' | 'key', file: string): Partial<TlsFiles> {
  return file === '' ? {} : { [key]: file };
}

/** `unix:///path`, `tcp://host:port`, `http://host:port` or `https://host:port`. */
function pluginAt(file: string, url: string, files: TlsFiles = { insecure: false }): Plugin {
  const [, scheme = '', rest = ''] = /^(unix|tcp|https?):\/\/(\S+)$/.exec(url) ?? [];
  if (scheme === 'unix') return unixPlugin(rest);
  const [, bracketed, bare, port] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d{1,5}))?\/?$/.exec(rest) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined) {
    const message = `${file} has ${quote(url)}, which is not the address of a plugin: write unix:///PATH or tcp://HOST:PORT.`;
    throw new VolumeError('invalid', message);
  }
  return { address: dialled(scheme, host, port, files), where: `${url} (${file})`, hostPath: (path) => path };
}

function dialled(scheme: string, host: string, port: string | undefined, files: TlsFiles): Address {
  if (scheme === 'https') return { kind: 'tls', host, port: Number(port ?? 443), files };
  return { kind: 'tcp', host, port: Number(port ?? 80) };
}
