/** What holds for every rule, whatever it reads. */
import { describe, expect, test } from 'vitest';
import { TOOLS } from '../../lib/domain/diagnosis/rules/index.ts';
import { tlsHint } from '../../lib/domain/diagnosis/rules/rule.ts';
import { VariableName } from '../../lib/domain/values.ts';

const RULES = TOOLS.flatMap((tool) => tool.rules.map((rule) => ({ tool: tool.name, rule })));

/** Alternatives of a pattern that stand outside of every group and class. */
function alternatives(source: string): string[] {
  const found = [''];
  let depth = 0;
  let inClass = false;
  for (const [piece] of source.matchAll(/\\.|./g)) {
    if (piece === '[') inClass = true;
    else if (piece === ']') inClass = false;
    else if (!inClass && piece === '(') depth += 1;
    else if (!inClass && piece === ')') depth -= 1;
    if (piece === '|' && depth === 0 && !inClass) found.push('');
    else found[found.length - 1] += piece;
  }
  return found;
}

describe('a rule', () => {
  test('begins at the beginning of a line, each of its alternatives', () => {
    const loose = RULES.flatMap(({ tool, rule }) =>
      [rule.line, ...(rule.quoted ?? [])]
        .filter(({ source }) => !alternatives(source).every((one) => one.startsWith('^')))
        .map(({ source }) => `${tool}: ${source}`),
    );

    expect(loose).toEqual([]);
  });

  test("advises no variable for a service's env that a manifest may not have there", () => {
    const hints = RULES.map(({ rule }) => (typeof rule.hint === 'string' ? rule.hint : ''));
    const advised = hints
      .filter((hint) => hint.includes("service's `env`"))
      .flatMap((hint) => [...hint.matchAll(/`([A-Z][A-Z0-9_]+)(?:: ([^`]*))?`/g)])
      .map(([, name = '']) => name);

    expect(advised).toContain('NODE_EXTRA_CA_CERTS');
    const refused = [...new Set(advised)].filter((name) => !VariableName.safeParse(name).success);
    expect(refused).toEqual([]);
  });
});

describe('what helps against a proxy that looks into TLS', () => {
  test.each([
    ['node', 'NODE_EXTRA_CA_CERTS'],
    ['pip', 'PIP_CERT'],
    ['requests', 'REQUESTS_CA_BUNDLE'],
    ['openssl', 'SSL_CERT_FILE'],
    ['curl', 'CURL_CA_BUNDLE'],
    ['cargo', 'CARGO_HTTP_CAINFO'],
  ] as const)('names the variable of %s first, and those of others', (tool, variable) => {
    const [first, ...others] = tlsHint(tool).match(/[A-Z][A-Z_]+_[A-Z_]+/g) ?? [];

    expect(first).toBe(variable);
    expect(new Set(others).size).toBe(5);
  });

  test.each([
    ['git', 'http.sslCAInfo'],
    ['wget', '--ca-certificate'],
    ['java', 'keytool'],
    ['rebar3', 'ssl_cacerts_path'],
  ] as const)('names how %s is told', (tool, how) => {
    expect(tlsHint(tool)).toContain(how);
    expect(tlsHint(tool)).toContain('NODE_EXTRA_CA_CERTS');
  });
});
