import {
  DeadLetter,
  DeadLetterId,
  DeadLetterPage,
  DeadLetterWithEvent,
  RedriveAll,
  RedrivenAll,
} from '../../domain/dead-letter/schema.ts';
import { PAGING, route } from '../route.ts';

const ofLetter = { letter: DeadLetterId };

/** Events that came to nothing. They are of the whole installation, and so for tokens of no project only. */
export const DEAD_LETTER_ROUTES = {
  listDeadLetters: route({
    method: 'GET',
    path: '/v1/dead-letters',
    group: 'dead-letters',
    access: 'admin',
    summary: 'List events that came to nothing',
    query: { limit: PAGING.limit },
    success: {
      status: 200,
      body: DeadLetterPage,
      description: 'Letters, oldest first, without their events; they stay in the queue',
    },
  }),
  getDeadLetter: route({
    method: 'GET',
    path: '/v1/dead-letters/{letter}',
    group: 'dead-letters',
    access: 'admin',
    summary: 'Get an event that came to nothing',
    params: ofLetter,
    success: { status: 200, body: DeadLetterWithEvent, description: 'The letter and its event' },
  }),
  redriveDeadLetter: route({
    method: 'POST',
    path: '/v1/dead-letters/{letter}/redrive',
    group: 'dead-letters',
    access: 'admin',
    summary: 'Hand an event to its target again',
    params: ofLetter,
    success: {
      status: 200,
      body: DeadLetter,
      description: 'The target has the event, and the letter is gone; one that fails again is a new letter',
    },
    errors: ['dead_letter_not_redrivable'],
  }),
  redriveDeadLetters: route({
    method: 'POST',
    path: '/v1/dead-letters/redrive',
    group: 'dead-letters',
    access: 'admin',
    summary: 'Hand all events that came to nothing to their targets again',
    body: RedriveAll,
    success: {
      status: 200,
      body: RedrivenAll,
      description: 'How many there were within 20 seconds, and which stay in the queue',
    },
  }),
} as const;
