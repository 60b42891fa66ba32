import {
  DeadLetter,
  DeadLetterId,
  DeadLetterPage,
  DeadLetterWithEvent,
  RedriveAll,
  RedrivenAll,
} from '../../domain/dead-letters.ts';
import { PAGING, route } from '../route.ts';

const ofLetter = { letter: DeadLetterId };

/** Events that came to nothing. They are of the whole installation, and so for tokens of no project only. */
export const DEAD_LETTER_ROUTES = {
  listDeadLetters: route({
    method: 'GET',
    path: '/v1/dead-letters',
    group: 'dead-letters',
    access: 'admin',
    scope: 'installation',
    summary: 'List dead letters',
    query: { limit: PAGING.limit },
    success: {
      status: 200,
      body: DeadLetterPage,
      description: 'Dead letters without their events, oldest first. They stay in the queue',
    },
  }),
  getDeadLetter: route({
    method: 'GET',
    path: '/v1/dead-letters/{letter}',
    group: 'dead-letters',
    access: 'admin',
    scope: 'installation',
    summary: 'Get a dead letter',
    params: ofLetter,
    success: { status: 200, body: DeadLetterWithEvent, description: 'The dead letter and its event' },
  }),
  redriveDeadLetter: route({
    method: 'POST',
    path: '/v1/dead-letters/{letter}/redrive',
    group: 'dead-letters',
    access: 'admin',
    scope: 'installation',
    summary: 'Redrive a dead letter',
    params: ofLetter,
    success: {
      status: 200,
      body: DeadLetter,
      description:
        'The target has received the event and the dead letter is removed. If the event fails again, it becomes a new dead letter',
    },
    errors: ['dead_letter_not_redrivable'],
  }),
  redriveDeadLetters: route({
    method: 'POST',
    path: '/v1/dead-letters/redrive',
    group: 'dead-letters',
    access: 'admin',
    scope: 'installation',
    summary: 'Redrive all dead letters',
    body: RedriveAll,
    success: {
      status: 200,
      body: RedrivenAll,
      description: 'The number of events redriven within 20 seconds, and the dead letters that remain',
    },
  }),
} as const;
