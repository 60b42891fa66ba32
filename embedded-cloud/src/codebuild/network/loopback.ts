/** Whether a host is this machine itself. */
import { isIPv4 } from 'node:net';

/**
 * `localhost` (RFC 6761, section 6.3), 127.0.0.0/8 (RFC 1122, section 3.2.1.3) and ::1 (RFC 4291, section 2.5.3).
 * @param host without port and brackets, in lower case
 */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
