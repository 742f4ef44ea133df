import { readFileSync, writeFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const root = new URL('../', import.meta.url);

/** The contracts that are built into the program, so that it reads no file of its own when it runs. */
const sources = [
  'proto/heraldlb/speaker/v1/speaker.proto',
  'proto/heraldlb/speaker/v1/bgp.proto',
  'proto/grpc/health/v1/health.proto',
];

/** Where the program has them. */
export const schemaPath = 'src/adapters/grpc/schema.generated.json';

/** The proto files as one protobufjs JSON descriptor, comments left out. */
export function describeContracts(): protobuf.INamespace {
  const schema = new protobuf.Root();
  for (const source of sources) protobuf.parse(readFileSync(new URL(source, root), 'utf8'), schema);
  return schema.resolveAll().toJSON({ keepComments: false });
}

if (import.meta.main) {
  writeFileSync(new URL(schemaPath, root), `${JSON.stringify(describeContracts(), undefined, 2)}\n`);
}
