/** What a build may reach through its machine: the cloud's public ports, the internet, and what the operator names. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { SettingError } from '../../setting-error.ts';

/**
 * Nothing of the internet: this host, private networks, link-local and metadata addresses, multicast, reserved (RFC 6890,
 * RFC 4193, RFC 4291, RFC 6052). A neighbour of this machine would take a build for its user.
 */
const CLOSED = new BlockList();
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
  CLOSED.addSubnet(network, bits);
for (const [network, bits] of [
  ['::', 96], // unspecified, loopback, IPv4-compatible
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  CLOSED.addSubnet(network, bits, 'ipv6');

/** Where a connection goes: addresses to try, in their order. */
export interface Destination {
  readonly port: number;
  readonly addresses: readonly string[];
  /** On this machine: never by way of another proxy. */
  readonly local: boolean;
}

/** A build may not go there. The message is for whoever reads the build's log. */
export class Refused extends Error {}

/** The name has no address here. */
export class Unknown extends Error {}

export interface ReachOptions {
  /** Ports of 127.0.0.1 that are for builds. */
  readonly localPorts: () => readonly number[];
  /** `host:port`, exactly as builds name it; reachable wherever it is. */
  readonly named?: ReadonlySet<string>;
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Addresses of this machine. */
  readonly ownAddresses?: () => readonly string[];
}

/** The operator's list: `host:port`, separated by commas. */
export const REACH_VARIABLE = 'EMBEDDED_CLOUD_BUILD_REACH';

/** @throws SettingError for an entry without a port */
export function namedIn(list: string | undefined): ReadonlySet<string> {
  const entries = (list ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  const wrong = entries.find((entry) => !/^.+:\d{1,5}$/.test(entry));
  if (wrong !== undefined)
    throw new SettingError(REACH_VARIABLE, wrong, 'Write host:port, as in nexus.example.com:8081.');
  return new Set(entries);
}

export class Reach {
  readonly #localPorts: () => readonly number[];
  readonly #named: ReadonlySet<string>;
  readonly #resolve: (host: string) => Promise<readonly string[]>;
  readonly #ownAddresses: () => readonly string[];

  constructor({ localPorts, named, resolve, ownAddresses }: ReachOptions) {
    this.#localPorts = localPorts;
    this.#named = named ?? new Set();
    this.#resolve = resolve ?? addressesOf;
    this.#ownAddresses = ownAddresses ?? addressesOfThisMachine;
  }

  /** Ports that a machine has on its own loopback, each of which leads to the one of this machine. */
  get forwarded(): readonly number[] {
    const named = [...this.#named].map(split).filter(({ host }) => isLoopbackName(host));
    return [...new Set([...this.#localPorts(), ...named.map(({ port }) => port)])];
  }

  /**
   * Decides by the addresses that a name has now, which are those that are then connected to: a name that changes its
   * mind a moment later gains nothing.
   * @throws Refused | Unknown
   */
  async destination(name: string, port: number): Promise<Destination> {
    const host = name
      .toLowerCase()
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '');
    if (isLoopbackName(host)) {
      if (this.forwarded.includes(port)) return { port, addresses: ['127.0.0.1'], local: true };
      throw refused(`${host}:${port}`, 'this machine does not offer it to builds');
    }
    const addresses = isIP(host) === 0 ? await this.#resolve(host) : [host];
    if (addresses.length === 0) throw new Unknown(`The name ${host} has no address.`);
    if (this.#named.has(`${host}:${port}`)) return { port, addresses, local: true };
    const own = new Set(this.#ownAddresses());
    const open = addresses.filter((address) => !isClosed(address) && !own.has(address));
    if (open.length === 0) throw refused(`${host}:${port}`, `${addresses[0]} is not a public address`);
    return { port, addresses: open, local: false };
  }
}

function refused(what: string, why: string): Refused {
  return new Refused(
    `Builds may not reach ${what}: ${why}. The operator of this machine can allow it: ${REACH_VARIABLE}=${what}`,
  );
}

/** IPv4 addresses in their IPv6 form count as what they are. What is no address is closed. */
export function isClosed(address: string): boolean {
  return isIP(address) === 0 || CLOSED.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1';
}

function split(entry: string): { host: string; port: number } {
  const colon = entry.lastIndexOf(':');
  return { host: entry.slice(0, colon), port: Number(entry.slice(colon + 1)) };
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true }).catch((error: unknown) => {
    throw new Unknown(`The name ${host} has no address here.`, { cause: error });
  });
  return found.map(({ address }) => address);
}

function addressesOfThisMachine(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
}
