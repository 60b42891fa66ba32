/** A function that records its events. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inline } from '../../test-kit/running.ts';

const CODE = `const fs = require('node:fs');
    exports.handler = async (event) => {
      fs.appendFileSync(process.env.FOLDER + '/events', JSON.stringify(event) + '\\n');
      if (event.needs && !fs.existsSync(process.env.FOLDER + '/' + event.needs)) throw new Error('not yet');
      const poison = (event.Records ?? []).find((one) => one.dynamodb.NewImage?.poison);
      if (poison && process.env.REPORT) return { batchItemFailures: [{ itemIdentifier: poison.dynamodb.SequenceNumber }] };
      if (poison) throw new Error('poison');
    };`;

interface Seen {
  readonly n?: number;
  readonly Records?: readonly {
    readonly dynamodb: { readonly Keys: { readonly pk: { readonly S: string } } };
  }[];
}

/** A function that appends each event to a file, and fails as long as another file is not there. */
export class Recorder implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lambda-events-'));

  definition(properties: Record<string, unknown> = {}): unknown {
    const { Environment, ...rest } = { Environment: {}, ...properties };
    const Variables = { FOLDER: this.#folder, ...Environment };
    return inline(CODE, { FunctionName: 'recorder', Environment: { Variables }, ...rest });
  }

  /** The events so far. */
  seen(): Seen[] {
    const file = join(this.#folder, 'events');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
