import { sqsDeadLetters } from '../../lib/aws/dead-letters.ts';
import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { DEAD_LETTER_ROUTES } from '../../lib/contract/routes/dead-letters.ts';
import * as DeadLetter from '../../lib/domain/dead-letter/index.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), deadLetters: sqsDeadLetters(), clock, randomness };

export const handler = serve(
  'dead-letters',
  DEAD_LETTER_ROUTES,
  {
    listDeadLetters: ({ actor, query }) => DeadLetter.list(ports, actor, query.limit),
    getDeadLetter: ({ actor, params }) => DeadLetter.show(ports, actor, params.letter),
    redriveDeadLetter: ({ actor, params }) => DeadLetter.redrive(ports, actor, params.letter),
    redriveDeadLetters: ({ actor, body }) => DeadLetter.redriveAll(ports, actor, body),
  },
  ports,
);
