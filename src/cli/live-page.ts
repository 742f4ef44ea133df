import { type HttpAnswer, textAnswer } from '../adapters/telemetry/http-endpoint.ts';
import type { LiveBoard } from '../inspect/live/live-state.ts';
import { PAGE } from '../inspect/live/page.ts';

/** Where the board of the present term of leadership is, while there is one. */
export class LiveSlot {
  board: LiveBoard | undefined;
}

/** `/`: a page for people, `/state`: what it shows. Both read only. */
export function liveRoutes(slot: LiveSlot): ReadonlyMap<string, () => HttpAnswer> {
  return new Map([
    ['/', () => ({ status: 200, contentType: 'text/html; charset=utf-8', body: PAGE })],
    ['/state', () => stateAnswer(slot)],
  ]);
}

function stateAnswer({ board }: LiveSlot): HttpAnswer {
  if (board === undefined) {
    return textAnswer(
      503,
      'This replica does not lead: forward the port of the Pod that "heraldlb status" names as leader',
    );
  }
  return { status: 200, contentType: 'application/json', body: JSON.stringify(board.state()) };
}
