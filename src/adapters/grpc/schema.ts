import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import schema from './schema.generated.json' with { type: 'json' };

const contracts: PackageDefinition = fromJSON(schema as Parameters<typeof fromJSON>[0], {
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: true,
});

export const speakerServiceDefinition = contracts['heraldlb.speaker.v1.SpeakerService'] as ServiceDefinition;
export const healthServiceDefinition = contracts['grpc.health.v1.Health'] as ServiceDefinition;
