/** Which URLs notifications may be sent to, as far as the URL itself tells; the rest is decided when it is called. Pure. */
import { isLoopback } from '../loopback.ts';
import { addressIn, isPrivate } from '../public-address.ts';

/** @param loopback whether this machine itself may be called, also over plain HTTP. @returns why it may not be called */
export function flawOfTargetUrl(text: string, loopback: boolean): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be a URL that begins with https://';
  if (url.username !== '' || url.password !== '')
    return 'must not contain a user name or password: check the signature instead';
  if (url.hash !== '') return 'must not contain a fragment (#): it is never sent';
  if (loopback && isLoopback(url.host)) return undefined;
  if (url.protocol !== 'https:') return 'must begin with https://';
  const address = addressIn(url);
  if (isLoopback(url.host) || (address !== undefined && isPrivate(address)))
    return 'must be an address of the internet: private, loopback and link-local addresses are not called';
  return undefined;
}
