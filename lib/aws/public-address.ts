/** Which addresses the control plane calls for a project: those of the internet, and none of its own network. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import { RegistryError } from '../domain/ports/registry.ts';

/** Loopback, private, shared, link-local, benchmark, multicast and reserved addresses (RFC 6890, RFC 4193, RFC 4291, RFC 6052). */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(network, bits);
for (const [network, bits] of [
  ['::', 96], // unspecified, loopback, IPv4-compatible
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6');

/** IPv4 addresses in their IPv6 form count as what they are. */
export function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Who names a registry must not be able to make the control plane call what only it can reach. A name that is given
 * another address a moment later gains nothing: what is called is HTTPS, and no service inside has a certificate for it.
 * @throws RegistryError when the host is, or has, an address that is not public
 */
export async function assertPublic(url: URL): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new RegistryError(`${url.host} gave no answer: its address is not known.`, true, { cause: error });
  });
  if (addresses.some(({ address }) => isPrivate(address)))
    throw new RegistryError(`${url.host} is not a public address, so Staithe does not call it.`);
}
