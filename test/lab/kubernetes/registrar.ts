import { rmSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { credentials, makeClientConstructor, Server, ServerCredentials } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { csiService } from '../../../src/csi/services.ts';

// Stands in for node-driver-registrar, which is not published as a module of Go. It takes its arguments, and does the same. It is
// bundled into one file for its image.

const { values } = parseArgs({
  options: {
    'csi-address': { type: 'string', default: '' },
    'kubelet-registration-path': { type: 'string' },
  },
});
const identity = csiService('Identity');
const Identity = makeClientConstructor(identity, 'Identity');
const client = new Identity(`unix://${values['csi-address']}`, credentials.createInsecure());

/** Waits for the endpoint, like the original. */
async function pluginName(): Promise<string> {
  const deadline = Date.now() + 300_000;
  await promisify(client.waitForReady.bind(client))(deadline);
  return new Promise((resolve, reject) =>
    client.GetPluginInfo?.({}, { deadline }, (error: Error | null, answer: { readonly name: string }) =>
      error ? reject(error) : resolve(answer.name),
    ),
  );
}

/** The kubelet's: https://github.com/kubernetes/kubelet/blob/master/pkg/apis/pluginregistration/v1/api.proto */
const registration = fromJSON(
  {
    nested: {
      pluginregistration: {
        nested: {
          Registration: {
            methods: {
              GetInfo: { requestType: 'InfoRequest', responseType: 'PluginInfo' },
              NotifyRegistrationStatus: { requestType: 'RegistrationStatus', responseType: 'InfoRequest' },
            },
          },
          InfoRequest: { fields: {} },
          PluginInfo: {
            fields: {
              type: { type: 'string', id: 1 },
              name: { type: 'string', id: 2 },
              endpoint: { type: 'string', id: 3 },
              supported_versions: { type: 'string', rule: 'repeated', id: 4 },
            },
          },
          RegistrationStatus: {
            fields: { plugin_registered: { type: 'bool', id: 1 }, error: { type: 'string', id: 2 } },
          },
        },
      },
    },
  },
  { keepCase: true, defaults: true },
)['pluginregistration.Registration'];

async function register(endpoint: string): Promise<void> {
  const name = await pluginName();
  const socket = `/registration/${name}-reg.sock`;
  rmSync(socket, { force: true });
  process.on('SIGTERM', () => {
    rmSync(socket, { force: true });
    process.exit(0);
  });
  if (registration === undefined || 'format' in registration) throw new Error('There is no such service.');
  const server = new Server();
  server.addService(registration, {
    GetInfo: (_: unknown, answer: (error: null, info: object) => void) =>
      answer(null, { type: 'CSIPlugin', name, endpoint, supported_versions: ['1.0.0'] }),
    // biome-ignore lint/suspicious/noExplicitAny: messages as they come
    NotifyRegistrationStatus: ({ request }: any, answer: (error: null, nothing: object) => void) => {
      answer(null, {});
      process.stdout.write(`${JSON.stringify(request)}\n`);
      if (!request.plugin_registered) process.exit(1);
    },
  });
  server.bindAsync(`unix://${socket}`, ServerCredentials.createInsecure(), (error) => {
    if (error) throw error;
  });
}

const path = values['kubelet-registration-path'];
if (path === undefined) throw new Error('--kubelet-registration-path is missing.');
void register(path);
