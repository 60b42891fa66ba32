import * as z from 'zod';
import { AuditChain, AuditEntry } from '../../domain/audit/schema.ts';
import { ProjectRef } from '../../domain/project/schema.ts';
import { line } from '../../domain/text.ts';
import { PAGING, page, route, SPAN } from '../route.ts';

const ofLog = {
  /** Also the id of a project that was deleted. */
  project: ProjectRef.optional(),
};

/** The audit log. */
export const AUDIT_ROUTES = {
  listAudit: route({
    method: 'GET',
    path: '/v1/audit',
    group: 'audit',
    access: 'admin',
    summary: 'List the entries of audit logs',
    query: {
      ...ofLog,
      /** Without the logs of projects. */
      installation: z.enum(['true', 'false']).default('false'),
      /** The id or the name of a token or a user, or the name of a part of Staithe. */
      actor: line(300).optional(),
      action: line(100).optional(),
      ...SPAN,
      ...PAGING,
    },
    success: {
      status: 200,
      body: page(AuditEntry),
      description:
        'Entries of one project, or of all projects and the installation, newest first. An entry appears within seconds of its request',
    },
    errors: ['invalid_cursor', 'too_many_projects'],
  }),
  readAuditChain: route({
    method: 'GET',
    path: '/v1/audit/chain',
    group: 'audit',
    access: 'admin',
    summary: 'Read the hash chain of an audit log',
    query: {
      ...ofLog,
      /** Only links behind this position. */
      after_seq: z.coerce
        .number()
        .int()
        .min(0)
        .max(999_999_999_999)
        .default(0)
        .meta({ examples: [0] }),
      limit: PAGING.limit,
    },
    success: {
      status: 200,
      body: AuditChain,
      description:
        'Links in the order of the chain, and the newest link. Without a project: the chain of the project that the token is bound to, or of the installation',
    },
  }),
} as const;
