/** The port of what only the sender of notifications may read: secrets that sign webhooks, and URLs that are secrets. */

export interface SubscriptionSecrets {
  /** Keeps a value as the newest of the subscription. @returns its version */
  put(subscriptionId: string, value: string): Promise<number>;
  /** @returns undefined when it is not there */
  read(subscriptionId: string, version: number): Promise<string | undefined>;
  /** One that is not there is no error. */
  remove(subscriptionId: string): Promise<void>;
}
