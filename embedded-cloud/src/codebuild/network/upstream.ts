/** The proxy that this machine itself has to use, by the variables that everybody reads. */
import { isLoopback } from './loopback.ts';

export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`, if the proxy wants one. */
  readonly authorization?: string;
  /** The proxy runs on this machine, and so could lead back to it. */
  readonly local: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The machine's proxy for a destination; undefined when there is none, or none for it.
 * @param scheme of what is asked for: a tunnel counts as `https`
 * @throws Error for a proxy that is no `http://` URL
 */
export function upstreamFor(
  scheme: 'http' | 'https',
  host: string,
  environment: Environment,
): Upstream | undefined {
  const of = (name: string) => environment[name] ?? environment[name.toUpperCase()];
  const text = of(`${scheme}_proxy`) ?? of('all_proxy');
  if (!text || isExempt(host, of('no_proxy') ?? '')) return undefined;
  const url = new URL(text.includes('://') ? text : `http://${text}`);
  if (url.protocol !== 'http:')
    throw new Error(`Builds cannot use the proxy ${url.protocol}//${url.host}: only http:// proxies.`);
  const { username, password, hostname } = url;
  const credential = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 80),
    ...(username !== '' && {
      authorization: `Basic ${Buffer.from(credential).toString('base64')}`,
    }),
    local: isLoopback(hostname.replace(/^\[|\]$/g, '')),
  };
}

/** As curl reads it: `*`, or names of which the host is one or lies below. */
function isExempt(host: string, list: string): boolean {
  return list
    .split(',')
    .map((entry) =>
      entry
        .trim()
        .toLowerCase()
        .replace(/^\*?\./, ''),
    )
    .some((entry) => entry !== '' && (entry === '*' || host === entry || host.endsWith(`.${entry}`)));
}
