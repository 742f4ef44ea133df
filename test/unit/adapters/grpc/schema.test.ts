import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { speakerServiceDefinition } from '../../../../src/adapters/grpc/schema.ts';
import { describeContracts, schemaPath } from '../../../../tools/proto.ts';

describe('the contract in the program', () => {
  it('is the one of the proto files (node tools/proto.ts makes it anew)', () => {
    const built = JSON.parse(readFileSync(new URL(`../../../../${schemaPath}`, import.meta.url), 'utf8'));
    expect(built).toEqual(JSON.parse(JSON.stringify(describeContracts())));
  });

  it('ignores fields that it does not know (the far end may be newer)', () => {
    const method = speakerServiceDefinition.Session;
    const ackOfRevision3WithFields9And15 = Uint8Array.of(0x12, 0x06, 0x08, 0x03, 0x48, 0x01, 0x78, 0x01);
    expect(method?.requestDeserialize(Buffer.from(ackOfRevision3WithFields9And15))).toMatchObject({
      ack: { revision: 3 },
      kind: 'ack',
    });
  });
});
