/**
 * Names and ARNs. Callers see the account's ARNs, as the template has them; each engine has an account and region of
 * its own invention (`arn:aws:dynamodb:ddblocal:000000000000:`), so ARNs are translated on the way in and out.
 */
import { AwsError, type Cloud } from '../service.ts';
import type { EngineKind } from './programs.ts';

const ENGINE_PREFIX: Record<EngineKind, string> = {
  dynoxide: 'arn:aws:dynamodb:dynoxide:000000000000:',
  'dynamodb-local': 'arn:aws:dynamodb:ddblocal:000000000000:',
};

export class Arns {
  readonly #own: string;
  readonly #engine: string;

  constructor(cloud: Pick<Cloud, 'partition' | 'region' | 'accountId'>, engine: EngineKind) {
    this.#own = `arn:${cloud.partition}:dynamodb:${cloud.region}:${cloud.accountId}:`;
    this.#engine = ENGINE_PREFIX[engine];
  }

  table(name: string): string {
    return `${this.#own}table/${name}`;
  }

  /** Text of the engine with the account's ARNs in it. Only for answers about tables and streams, never for items. */
  fromEngine(textOfEngine: string): string {
    return textOfEngine.replaceAll(this.#engine, this.#own);
  }

  toEngine(arn: string): string {
    return arn.startsWith(this.#own) ? this.#engine + arn.slice(this.#own.length) : arn;
  }

  /**
   * The table's name out of a `TableName` member, which may be an ARN since 2024
   * (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html).
   * @throws AwsError for a table of another account or region: this cloud has only its own
   */
  tableName(nameOrArn: string): string {
    if (!nameOrArn.startsWith('arn:')) return nameOrArn;
    const prefix = this.table('');
    if (nameOrArn.startsWith(prefix)) return nameOrArn.slice(prefix.length).split('/')[0] ?? '';
    throw new AwsError('ResourceNotFoundException', `Requested resource not found: ${nameOrArn}`);
  }
}

/** `arn:aws:dynamodb:r:a:table/NAME/stream/LABEL` → `NAME`; undefined when it is no stream's ARN. */
export function tableOfStream(streamArn: string): string | undefined {
  return /:table\/([^/]+)\/stream\/[^/]+$/.exec(streamArn)?.[1];
}
