/** Whether a host is this machine itself. */
import { isIPv4 } from 'node:net';

/**
 * `localhost` (RFC 6761, section 6.3), 127.0.0.0/8 (RFC 1122, section 3.2.1.3) and ::1 (RFC 4291, section 2.5.3): no line
 * lies between that somebody could listen to, so plain HTTP and a password may go there. A name that only leads there is
 * none, as it may lead elsewhere a moment later.
 * @param host as in a URL or a reference to an image: with or without a port, an IPv6 address in brackets or without
 */
export function isLoopback(host: string): boolean {
  const [, name = host] = /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(host) ?? [];
  const bare = (name.startsWith('[') ? name.slice(1, -1) : name).toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
