import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { descriptor } from '../../src/csi/descriptor.ts';
import { project } from '../docs/pages.ts';

test('the descriptor matches csi.proto: `node scripts/csi-descriptor.mjs` writes it again', () => {
  const root = new protobuf.Root();
  root.loadSync(join(project, 'src/csi/csi.proto'), { keepCase: true });
  expect(JSON.parse(descriptor)).toEqual(JSON.parse(JSON.stringify(root.resolveAll().toJSON())));
});
