import { EVENT_REASONS } from '../src/ports/event-reasons.ts';

const HEADER = `# Kubernetes events

Made by \`npm run generate\` from \`src/ports/event-reasons.ts\`. \`kubectl describe\` shows them, and \`kubectl get events -A --field-selector reason=NotAnnounced\` all of a kind. An event says what happened once; the conditions (\`docs/reference/errors.md\`) say how it is now, in the same words. What the log says: \`docs/reference/log-events.md\`.

| reason | about | type | told when |
|---|---|---|---|
`;

/** The reference page of the events. */
export function eventsReference(): string {
  const rows = Object.entries(EVENT_REASONS).map(
    ([reason, { about, types, when }]) => `| \`${reason}\` | ${about} | ${types.join(', ')} | ${when} |\n`,
  );
  return HEADER + rows.join('');
}
