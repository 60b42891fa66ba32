/** All event source mappings of the template, and their read operations. */
import { z } from 'zod';
import type { Action } from '../../service.ts';
import { functionArn, type Lambda, notFound, parse } from '../context.ts';
import { parseFunctionName } from '../function-name.ts';
import type { Mapping } from './mapping.ts';
import { StreamPoller } from './poller.ts';

export class Mappings {
  readonly #lambda: Lambda;
  readonly #mappings = new Map<string, Mapping>();
  readonly #pollers: StreamPoller[] = [];

  constructor(lambda: Lambda) {
    this.#lambda = lambda;
  }

  put(mapping: Mapping): void {
    this.#mappings.set(mapping.UUID, mapping);
  }

  start(): void {
    for (const mapping of this.#mappings.values()) {
      if (!mapping.Enabled) continue;
      const poller = new StreamPoller(this.#lambda, mapping);
      this.#pollers.push(poller);
      poller.start();
    }
    if (this.#pollers.length > 0) this.#listenForWrites();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pollers.splice(0).map((poller) => poller.stop()));
  }

  operations(): Record<string, Action> {
    return {
      GetEventSourceMapping: (input, call) => {
        const { UUID } = parse(z.looseObject({ UUID: z.string() }), input);
        const { cloud } = this.#lambda;
        const arn = `arn:${cloud.partition}:lambda:${cloud.region}:${cloud.accountId}:event-source-mapping:${UUID}`;
        call.authorize('lambda:GetEventSourceMapping', arn);
        const mapping = this.#mappings.get(UUID);
        if (!mapping) throw notFound('The resource you requested does not exist.');
        return this.#describe(mapping);
      },
      ListEventSourceMappings: (_input, call) => {
        call.authorize('lambda:ListEventSourceMappings', '*');
        return {
          EventSourceMappings: [...this.#mappings.values()].map((mapping) => this.#describe(mapping)),
        };
      },
    };
  }

  #describe(mapping: Mapping) {
    const { FunctionName, Enabled, ...settings } = mapping;
    const FunctionArn = functionArn(this.#lambda, parseFunctionName(FunctionName));
    return { ...settings, FunctionArn, State: Enabled ? 'Enabled' : 'Disabled' };
  }

  /** The embedded DynamoDB may tell of writes, which saves the wait until the next look. */
  #listenForWrites(): void {
    try {
      const dynamodb: object = this.#lambda.cloud.service('dynamodb');
      if (!('onWrite' in dynamodb) || typeof dynamodb.onWrite !== 'function') return;
      dynamodb.onWrite(() => {
        for (const poller of this.#pollers) poller.wake();
      });
    } catch {
      // No DynamoDB in this cloud: the mappings say so themselves when they read.
    }
  }
}
