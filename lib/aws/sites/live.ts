/** What is live, in the key value store that the function at the edge reads. */
import {
  type CloudFrontKeyValueStoreClient,
  ConflictException,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ResourceNotFoundException,
  UpdateKeysCommand,
} from '@aws-sdk/client-cloudfront-keyvaluestore';
import { backoff, retry } from '../../contract/retry.ts';
import { type LiveVersion, readLiveVersion } from './layout.ts';

export class LiveVersions {
  readonly #client: CloudFrontKeyValueStoreClient;
  readonly #storeArn: string;

  constructor(client: CloudFrontKeyValueStoreClient, storeArn: string) {
    this.#client = client;
    this.#storeArn = storeArn;
  }

  /** @param name a site, or a version of it: `shop@0123…` */
  async find(name: string): Promise<LiveVersion | undefined> {
    try {
      const { Value: written } = await this.#client.send(
        new GetKeyCommand({ KvsARN: this.#storeArn, Key: name }),
      );
      return written === undefined ? undefined : readLiveVersion(written);
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  /** Those of the names that there are. */
  async known(names: readonly string[]): Promise<string[]> {
    const found = await Promise.all(names.map((name) => this.find(name)));
    return names.filter((_, index) => found[index] !== undefined);
  }

  /** Makes versions live, and takes names away, in one write. */
  async change(live: Readonly<Record<string, LiveVersion>>, removed: readonly string[] = []): Promise<void> {
    const request = {
      KvsARN: this.#storeArn,
      Puts: Object.entries(live).map(([Key, value]) => ({ Key, Value: JSON.stringify(value) })),
      Deletes: removed.map((Key) => ({ Key })),
    };
    // The ETag is that of the whole store: deployments to other sites change it too.
    await retry(
      async () => {
        const { ETag: IfMatch } = await this.#client.send(
          new DescribeKeyValueStoreCommand({ KvsARN: this.#storeArn }),
        );
        return this.#client.send(new UpdateKeysCommand({ ...request, IfMatch }));
      },
      { attempts: 10, pause: backoff(50, 2_000), helps: (error) => error instanceof ConflictException },
    );
  }
}
