/** The `Call` that a service gets: who calls, and the question whether they may. */
import { randomUUID } from 'node:crypto';
import { type Authorizer, accessDenied } from '../iam/authorizer.ts';
import type { Call, Principal } from '../service.ts';

/** One authorised (or refused) action, e.g. to price calls or to count them. */
export interface AuthorizedCall {
  /** Signing name of the service that asked. */
  readonly service: string;
  /** `dynamodb:PutItem`. A batch asks once for each of its resources, all with the same request id. */
  readonly action: string;
  readonly resource: string;
  readonly principal: Principal;
  readonly allowed: boolean;
  readonly requestId: string;
}

export type CallFactory = (service: string, principal: Principal) => Call;

export function callFactory(
  authorizer: Authorizer,
  accountId: string,
  onCall: ((call: AuthorizedCall) => void) | undefined,
  take: (action: string) => void = () => {},
): CallFactory {
  const create = (
    service: string,
    principal: Principal,
    requestId: string,
    counted = { asked: false },
  ): Call => ({
    principal,
    requestId,
    authorize(action, resource, options) {
      const decision = authorizer.decide(principal, action, resource, options);
      onCall?.({ service, action, resource, principal, allowed: decision.allowed, requestId });
      if (!decision.allowed)
        throw accessDenied(service, principal, action, resource, decision.reason, accountId);
      // A batch asks for each of its resources, and some APIs for another action beside their own: it is one request.
      if (counted.asked) return;
      counted.asked = true;
      take(action);
    },
    as: (other) => create(service, other, requestId, counted),
  });
  return (service, principal) => create(service, principal, randomUUID());
}
