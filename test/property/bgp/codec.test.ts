import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BEFORE_OPEN,
  decodeMessage,
  decodeUpdate,
  encodeMessage,
  MessageFramer,
} from '../../../src/core/codec/bgp/index.ts';
import { otherMessage, update } from '../../support/bgp/arbitraries.ts';
import { EXTERNAL } from '../../support/bgp/contexts.ts';

/** Wide enough for whatever the generator makes. */
const LONG = { ...EXTERNAL, maxReceivedLength: 65_535 };

describe('the BGP codec', () => {
  it('decodes what it encodes, whatever the fields hold', () => {
    fc.assert(
      fc.property(otherMessage, (message) => {
        expect(decodeMessage(encodeMessage(message, LONG), LONG)).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });

  for (const internal of [false, true]) {
    for (const fourOctetAs of [false, true]) {
      const whom = `${internal ? 'internal' : 'external'} peer with ${fourOctetAs ? 'four' : 'two'}-octet AS numbers`;

      it(`decodes the UPDATE that it encodes, of an ${whom}`, () => {
        const context = { ...LONG, internal, fourOctetAs };
        fc.assert(
          fc.property(update({ internal, fourOctetAs }), (message) => {
            const octets = encodeMessage(message, context);
            expect(decodeUpdate(octets, context)).toEqual(message);
            expect(encodeMessage(decodeUpdate(octets, context), context)).toEqual(octets);
          }),
          { numRuns: 300 },
        );
      });
    }
  }

  it('counts what the whole decoder makes', () => {
    fc.assert(
      fc.property(update({ internal: false, fourOctetAs: true }), (message) => {
        const of = { announced: message.nlri.length, withdrawn: message.withdrawn.length };
        for (const attribute of message.attributes) {
          if (attribute.kind === 'mpReachNlri') of.announced += attribute.nlri.length;
          if (attribute.kind === 'mpUnreachNlri') of.withdrawn += attribute.withdrawn.length;
        }
        expect(decodeMessage(encodeMessage(message, LONG), LONG)).toMatchObject(of);
      }),
    );
  });
});

describe('the framer', () => {
  it('cuts the same messages out of a stream, however it comes', () => {
    fc.assert(
      fc.property(
        fc.array(otherMessage, { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 }),
        (messages, sizes) => {
          const stream = Uint8Array.from(messages.flatMap((message) => [...encodeMessage(message, BEFORE_OPEN)]));
          const framer = new MessageFramer();
          const read: unknown[] = [];
          for (let at = 0, chunk = 0; at < stream.length; chunk += 1) {
            const size = sizes[chunk % sizes.length] ?? 1;
            framer.push(stream.slice(at, at + size));
            at += size;
            for (let next = framer.next(); next !== undefined; next = framer.next())
              read.push(decodeMessage(next, EXTERNAL));
          }
          expect(read).toEqual(messages);
        },
      ),
    );
  });
});
