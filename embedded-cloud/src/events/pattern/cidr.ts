/** `{"cidr": "10.0.0.0/24"}`, for IPv4 and IPv6. */
import { BlockList, isIP, isIPv4 } from 'node:net';
import { invalidPattern } from './error.ts';

/** @throws AwsError InvalidEventPatternException */
export function compileCidr(cidr: string): (address: string) => boolean {
  const [network = '', bits = '', ...rest] = cidr.split('/');
  const family = isIP(network);
  const prefix = Number(bits);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(bits) || prefix > (family === 4 ? 32 : 128)) {
    throw invalidPattern(`Malformed CIDR, one '/' required: ${cidr}`);
  }
  const block = new BlockList();
  block.addSubnet(network, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return (address) => isIP(address) === family && block.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
