import { dynamoTable } from '../../lib/aws/table.ts';
import { clock, randomness } from '../../lib/aws/world.ts';
import { AUDIT_ROUTES } from '../../lib/contract/routes/audit.ts';
import * as Audit from '../../lib/domain/audit/read.ts';
import { serve } from '../../lib/http/serve.ts';

const ports = { table: dynamoTable(), clock, randomness };

export const handler = serve(
  'audit',
  AUDIT_ROUTES,
  {
    listAudit: ({ actor, query: { installation, ...query } }) =>
      Audit.list(ports, actor, { ...query, isInstallation: installation === 'true' }),
    readAuditChain: ({ actor, query }) => Audit.readChain(ports, actor, query),
  },
  ports,
);
