// Writes src/csi/descriptor.ts from src/csi/csi.proto: parsing the text at each start would take several times as long.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '@grpc/proto-loader';
import protobuf from 'protobufjs';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src/csi');
const root = new protobuf.Root();
// proto-loader has added Google's own types, which csi.proto imports.
root.loadSync(join(folder, 'csi.proto'), { keepCase: true });
const json = JSON.stringify(root.resolveAll().toJSON());
writeFileSync(
  join(folder, 'descriptor.ts'),
  `// Made of csi.proto by scripts/csi-descriptor.mjs: do not edit.
/** The services and messages of the Container Storage Interface, as JSON for @grpc/proto-loader. */
// biome-ignore format: generated
export const descriptor: string =
  '${json.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}';
`,
);
