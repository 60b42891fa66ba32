/** Which addresses the control plane calls for a project: those of the internet, and none of its own network. */
import { lookup } from 'node:dns/promises';
import { RegistryError } from '../domain/ports/registry.ts';
import { isPrivate } from '../domain/public-address.ts';

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
