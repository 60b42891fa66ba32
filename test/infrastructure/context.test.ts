import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { buildReuseFrom } from '../../lib/infrastructure/builds.ts';
import { CONTEXT, refuseUnknownContext } from '../../lib/infrastructure/context.ts';

const appWith = (context: Record<string, unknown>) => new App({ context, analyticsReporting: false });

describe('CDK context', () => {
  it('that has no effect is refused, with what has one', () => {
    const { node } = appWith({ buildReuze: 'off' });

    expect(() => refuseUnknownContext(node)).toThrow(
      /The context key 'buildReuze' is not known\. Known are stackName .*buildReuse/,
    );
  });

  it("of Staithe's own, and of CDK's, is taken", () => {
    const own = Object.fromEntries(Object.keys(CONTEXT).map((key) => [key, 'x']));
    const { node } = appWith({ ...own, '@aws-cdk/core:x': true, 'availability-zones:account=1': [] });

    expect(() => refuseUnknownContext(node)).not.toThrow();
  });

  it.each(['of', '', true])('buildReuse %j is refused, and not taken for on', (value) => {
    expect(() => buildReuseFrom(value)).toThrow(/it must be on or off/);
  });
});
